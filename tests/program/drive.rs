//! Starting the program, talking to it, and what it said.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// How a run ended.
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Finished {
    /// The lines of standard output as JSON.
    pub(crate) fn lines(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Fails with this exit code and a message with all these words.
    pub(crate) fn refuses(&self, code: i32, words: &[&str]) {
        assert_eq!((self.code, self.out.as_str()), (Some(code), ""), "{}", self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        for word in words {
            assert!(self.err.contains(word), "{:?} is not in {:?}", word, self.err);
        }
    }
}

pub(crate) fn pal() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pal"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs to the end on this standard input.
pub(crate) fn run(command: &mut Command, input: &str) -> Finished {
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || {
        let _ = stdin.write_all(input.as_bytes()); // it may end before it has read all
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Finished { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// A state directory, for as long as it is in scope.
pub(crate) struct State {
    folder: TempDir,
}

impl State {
    /// A place where there is none yet.
    pub(crate) fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn of(features: &str) -> Self {
        let state = Self::empty();
        let embedded = run(pal().args(["embed", "--features", features, "--state"]).arg(state.dir()), "");
        assert_eq!(embedded.code, Some(0), "{}", embedded.err);
        state
    }

    pub(crate) fn dir(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.dir().join(name)
    }

    /// The files of warm starts.
    pub(crate) fn starts(&self) -> Vec<PathBuf> {
        let files = std::fs::read_dir(self.dir()).unwrap().map(|file| file.unwrap().path());
        files.filter(|path| path.extension().is_some_and(|extension| extension == "npz")).collect()
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.file("answers.jsonl")).unwrap()
    }

    /// A subcommand on this state.
    pub(crate) fn command(&self, name: &str, options: &[&str]) -> Command {
        let mut command = pal();
        command.arg(name).arg("--state").arg(self.dir()).args(options);
        command
    }

    pub(crate) fn run(&self, name: &str, options: &[&str], input: &str) -> Finished {
        run(&mut self.command(name, options), input)
    }

    /// The exported labels.
    pub(crate) fn labels(&self) -> String {
        let path = self.folder.path().join("labels.csv");
        let exported = run(self.command("export", &["--labels"]).arg(&path), "");
        assert_eq!(exported.code, Some(0), "{}", exported.err);
        std::fs::read_to_string(path).unwrap()
    }

    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// A `pal query` that is being talked to.
pub(crate) struct Dialogue {
    pub(crate) child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Dialogue {
    pub(crate) fn start(state: &State, options: &[&str]) -> Self {
        let mut child = state.command("query", options).spawn().unwrap();
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdin, stdout }
    }

    /// The next line.
    pub(crate) fn hear(&mut self) -> Value {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or(Value::Null)
    }

    /// The next line, which is a question.
    pub(crate) fn question(&mut self) -> (usize, usize) {
        let line = self.hear();
        let at = |place: usize| usize::try_from(line["question"]["pair"][place].as_u64().unwrap()).unwrap();
        (at(0), at(1))
    }

    pub(crate) fn say(&mut self, line: &Value) {
        writeln!(self.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Says it and returns the line that comes back.
    pub(crate) fn ask(&mut self, line: &Value) -> Value {
        self.say(line);
        self.hear()
    }

    /// Answers `count` questions by the truth, the first of which is `question`; the one after them.
    pub(crate) fn answer(
        &mut self,
        mut question: (usize, usize),
        count: usize,
        truth: &[usize],
    ) -> (usize, usize) {
        for _ in 0..count {
            let same = truth[question.0] == truth[question.1];
            let acknowledged =
                self.ask(&json!({ "pair": [question.0, question.1], "same": same, "seconds": 1 }));
            assert!(acknowledged["acknowledged"].is_u64(), "{acknowledged}");
            question = self.question();
        }
        question
    }

    /// Ends the input; the exit code.
    pub(crate) fn end(mut self) -> Option<i32> {
        drop(self.stdin.take());
        self.child.wait().unwrap().code()
    }
}

/// The species of the irises.
pub(crate) fn species() -> Vec<usize> {
    pal::data::iris().unwrap().labels.iter().flatten().collect()
}

pub(crate) fn write(path: &Path, text: impl AsRef<[u8]>) {
    std::fs::write(path, text).unwrap();
}
