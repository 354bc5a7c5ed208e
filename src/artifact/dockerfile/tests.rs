//! What a Dockerfile comes to, line by line.

#![expect(
    clippy::string_slice,
    reason = "tests slice texts that they wrote themselves"
)]

use super::*;
use crate::document::Reason;
use crate::source::FileId;

/// A Dockerfile that is built without arguments.
fn plain(file: &SourceFile) -> Reading {
    read(file, &[])
}

fn file(text: &str) -> SourceFile {
    SourceFile::new(FileId(0), "Dockerfile", text)
}

fn last(text: &str) -> Node {
    let reading = plain(&file(text));
    assert!(reading.errors.is_empty(), "{:?}", reading.errors);
    reading
        .dockerfile
        .unwrap()
        .root
        .get("final_stage")
        .unwrap()
        .clone()
}

fn keywords(stage: &Node) -> Vec<String> {
    let instructions = stage.get("instructions").unwrap().items();
    instructions
        .iter()
        .map(|i| i.str_at(&["keyword"]).unwrap().to_owned())
        .collect()
}

#[test]
fn stages_inherit_what_they_build_on() {
    let stage = last(
        "FROM eclipse-temurin:21 AS base\nENV A=1 B=${A}x\nUSER app\nFROM base\nENV C=$A-$B\nCMD [\"java\"]\n",
    );
    assert_eq!(stage.str_at(&["image"]), Some("eclipse-temurin:21"));
    assert_eq!(
        stage.str_at(&["env", "C"]),
        None,
        "`$A` inside one ENV still has its old value"
    );
    assert_eq!(stage.str_at(&["user"]), Some("app"));
    assert_eq!(
        keywords(&stage),
        ["FROM", "ENV", "USER", "FROM", "ENV", "CMD"]
    );
}

#[test]
fn env_of_a_stage_does_not_cross_into_a_stage_from_another_image() {
    let stage = last("FROM a AS build\nENV X=1\nFROM b\nCOPY --from=build /x /y\n");
    assert!(stage.at(&["env", "X"]).is_none());
    assert!(matches!(
        stage.get("env").unwrap().as_map().unwrap().open,
        Some(Reason::Elsewhere(_))
    ));
    assert!(
        last("FROM scratch\nENV Y=1\n")
            .get("env")
            .unwrap()
            .as_map()
            .unwrap()
            .open
            .is_none()
    );
}

#[test]
fn args_have_the_scope_of_the_reference() {
    let text =
        "ARG V=21\nFROM temurin:${V}\nARG V\nARG N=1\nENV A=$V B=${N} C=$TARGETARCH D=$UNSET\n";
    let stage = last(text);
    assert_eq!(stage.str_at(&["image"]), Some("temurin:21"));
    assert_eq!(stage.str_at(&["env", "A"]), Some("21"));
    assert_eq!(stage.str_at(&["env", "B"]), Some("1"));
    assert!(stage.at(&["env", "C"]).unwrap().is_unknown());
    assert!(stage.at(&["env", "D"]).unwrap().is_unknown());
}

#[test]
fn a_bad_line_is_reported_and_the_rest_is_read() {
    let text = "FROM a\nRUN x\nFOO bar \\\n  more\nENV A=1\nBAZ\nUSER app\n";
    let reading = plain(&file(text));
    let lines: Vec<&str> = reading
        .errors
        .iter()
        .map(|error| &text[error.span.start as usize..error.span.end as usize])
        .collect();
    assert_eq!(lines, ["FOO bar \\", "BAZ"]);
    let root = reading.dockerfile.unwrap().root;
    let stage = root.get("final_stage").unwrap();
    assert_eq!(keywords(stage), ["FROM", "RUN", "ENV", "USER"]);
    assert_eq!(stage.str_at(&["env", "A"]), Some("1"));
}

#[test]
fn continuations_comments_heredocs_and_forms_are_read() {
    let text = "FROM a\nRUN apt-get update \\\n  # why\n  && apt-get install -y x\nCOPY <<A <<B /dst/\none\nA\ntwo\nB\nRUN <<EOF\necho hi\nEOF\nENTRYPOINT [\"java\", \"-jar\", \"a.jar\"]\nCMD run it\n";
    let stage = last(text);
    let instructions = stage.get("instructions").unwrap().items();
    assert_eq!(
        instructions[1].str_at(&["text"]),
        Some("apt-get update && apt-get install -y x")
    );
    assert_eq!(instructions[2].get("heredocs").unwrap().items().len(), 2);
    assert_eq!(
        instructions[3].get("heredocs").unwrap().items()[0].as_str(),
        Some("echo hi\n")
    );
    assert_eq!(stage.str_at(&["entrypoint", "form"]), Some("exec"));
    assert_eq!(stage.at(&["entrypoint", "words"]).unwrap().items().len(), 3);
    assert_eq!(stage.str_at(&["cmd", "form"]), Some("shell"));
}

#[test]
fn heredocs_behind_a_command_are_its_own() {
    let text = "FROM a\nRUN --mount=type=cache,target=/c cat <<-\"X\" 3<<Y > /etc/app.conf \\\n  && true\nFROM evil\n\tX\nendpoint = y\nY\nRUN echo $((1<<2)) <<< here\nUSER app\n";
    let stage = last(text);
    assert_eq!(keywords(&stage), ["FROM", "RUN", "RUN", "USER"]);
    let heredocs = stage.get("instructions").unwrap().items()[1].get("heredocs");
    let heredocs = heredocs.unwrap().items();
    assert_eq!(heredocs[0].as_str(), Some("FROM evil\n"));
    let span = heredocs[1].span;
    assert_eq!(
        &text[span.start as usize..span.end as usize],
        "endpoint = y\n"
    );
}

#[test]
fn a_heredoc_that_opens_a_command_may_have_others_behind_it() {
    let text = "FROM a\nRUN <<A cat > x && <<\\B cat > y\nFROM evil\nA\nFROM evil\nB\nUSER app\n";
    let stage = last(text);
    assert_eq!(keywords(&stage), ["FROM", "RUN", "USER"]);
    let heredocs = stage.get("instructions").unwrap().items()[1].get("heredocs");
    assert_eq!(heredocs.unwrap().items().len(), 2);
}

#[test]
fn an_entrypoint_of_nothing_resets_that_of_the_base() {
    let reading = plain(&file("FROM a\nENTRYPOINT [ ]\nCMD [\"x\"]\n"));
    assert_eq!(reading.errors, []);
    assert!(reading.dockerfile.is_some());
    assert_eq!(plain(&file("FROM a\nENTRYPOINT\n")).errors.len(), 1);
}

#[test]
fn a_heredoc_without_end_costs_its_own_instruction_only() {
    let text = "FROM a\nENV A=1\nCOPY <<EOF /x\nabc\n";
    let file = file(text);
    let reading = plain(&file);
    assert_eq!(reading.errors.len(), 1);
    assert_eq!(file.position(reading.errors[0].span.start).line, 3);
    let root = reading.dockerfile.unwrap().root;
    assert_eq!(root.str_at(&["final_stage", "env", "A"]), Some("1"));
}

#[test]
fn the_escape_directive_and_carriage_returns_are_understood() {
    let stage = last("# escape=`\r\nFROM mcr.example/windows\r\nENV A=1 `\r\n  B=C:\\dir\r\n");
    assert_eq!(stage.str_at(&["env", "A"]), Some("1"));
    assert_eq!(stage.str_at(&["env", "B"]), Some("C:\\dir"));
}

#[test]
fn a_byte_order_mark_does_not_shift_positions() {
    let text = "\u{feff}FROM alpine:3.20\n";
    let stage = last(text);
    let span = stage.get("image").unwrap().span;
    assert_eq!(&text[span.start as usize..span.end as usize], "alpine:3.20");
}

#[test]
fn onbuild_waits_and_flags_are_kept() {
    let stage = last(
        "FROM --platform=linux/amd64 a\nONBUILD ENV X=1\nHEALTHCHECK --interval=5s CMD curl x\n",
    );
    assert!(stage.at(&["env", "X"]).is_none());
    let instructions = stage.get("instructions").unwrap().items();
    assert_eq!(
        instructions[0].str_at(&["flags", "platform"]),
        Some("linux/amd64")
    );
    assert_eq!(
        instructions[1].get("onbuild").unwrap().as_bool(),
        Some(true)
    );
    assert_eq!(instructions[2].str_at(&["flags", "interval"]), Some("5s"));
}

#[test]
fn a_file_without_a_stage_is_an_error_on_its_first_line() {
    let reading = plain(&file("# only a comment\n"));
    assert!(reading.dockerfile.is_none());
    assert_eq!(reading.errors.len(), 1);
}

#[test]
fn env_spans_point_into_a_continued_line() {
    let text = "FROM a\nENV A=1 \\\n    JAVA_TOOL_OPTIONS=\"-javaagent:/otel.jar\"\n";
    let stage = last(text);
    let node = stage.at(&["env", "JAVA_TOOL_OPTIONS"]).unwrap();
    assert_eq!(node.as_str(), Some("-javaagent:/otel.jar"));
    assert_eq!(
        &text[node.span.start as usize..node.span.end as usize],
        "\"-javaagent:/otel.jar\""
    );
}

#[test]
fn comments_in_here_documents_are_text() {
    let text = "FROM a\nRUN <<EOF\n# spanguard: inside\nEOF\n# spanguard: outside\nUSER x\n";
    let comments = plain(&file(text)).comments;
    assert_eq!(comments.len(), 1);
    assert_eq!(comments[0].text, " spanguard: outside");
}

#[test]
fn what_docker_refuses_is_an_error_at_its_word() {
    let text = "# escape=x\nFROM a\nENV B\nRUN --bogus x\nENV C=2 bad\nFROM b AS 1x\nONBUILD FROM c\nCOPY --from=a --chmod=755 /x /y\n";
    let reading = plain(&file(text));
    let places: Vec<&str> = reading
        .errors
        .iter()
        .map(|error| &text[error.span.start as usize..error.span.end as usize])
        .collect();
    assert_eq!(places, ["# escape=x", "B", "bogus", "bad", "1x", "FROM"]);
    assert!(reading.dockerfile.is_some(), "the rest is read");
}

#[test]
fn a_relative_folder_goes_on_from_the_one_before() {
    let workdir = |text: &str| {
        last(text)
            .get("workdir")
            .unwrap()
            .as_str()
            .map(str::to_owned)
    };
    assert_eq!(
        workdir("FROM a\nWORKDIR /x/\nWORKDIR y\n").as_deref(),
        Some("/x/y")
    );
    assert_eq!(workdir("FROM scratch\nWORKDIR y\n").as_deref(), Some("/y"));
    assert_eq!(workdir("FROM a\nWORKDIR y\n"), None);
}

#[test]
fn what_a_build_is_given_wins_over_defaults() {
    let text = "ARG BASE=python:3.13\nFROM $BASE\nARG LEVEL=info\nENV LOG=$LEVEL OTHER=$UNSET\n";
    let built = |given: &[(&str, Option<&str>)]| {
        let given: Vec<(String, Option<String>)> = given
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned)))
            .collect();
        let root = with_arguments(&file(text), &given).unwrap();
        let stage = root.get("final_stage").unwrap().clone();
        (
            stage.get("image").unwrap().clone(),
            stage.at(&["env", "LOG"]).unwrap().clone(),
        )
    };
    let (image, level) = built(&[]);
    assert_eq!(
        (image.as_str(), level.as_str()),
        (Some("python:3.13"), Some("info"))
    );
    let (image, level) = built(&[
        ("BASE", Some("alpine")),
        ("LEVEL", Some("debug")),
        ("X", None),
    ]);
    assert_eq!(
        (image.as_str(), level.as_str()),
        (Some("alpine"), Some("debug"))
    );
    let (image, level) = built(&[("BASE", None)]);
    assert!(image.is_unknown());
    assert_eq!(level.as_str(), Some("info"));
}
