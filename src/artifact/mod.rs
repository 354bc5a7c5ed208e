//! Recognises a file's kind and parses it into the common tree.

mod dockerfile;
