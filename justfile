# Everything that CI runs.
ready:
    bash .ci/run

# Rewrite what is made from the program.
update:
    UPDATE=1 cargo test --test it generated

# The speed of the stages and of whole runs.
bench:
    cargo bench
