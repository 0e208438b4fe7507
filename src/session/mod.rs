//! State directories, which keep a set of features and the answers about it on disk, and the session that asks and records.
//!
//! [`create`] makes a state directory from features. A [`Session`] holds its lock, asks questions and takes in answers, each of
//! which is on disk before it is learned from or acknowledged. A [`State`] is a read-only view that any program may open
//! meanwhile. [`learn()`] trains an encoder on what the answers say and moves the state to its representation. User interfaces (a terminal, JSON lines) are thin layers over these: they show questions and pass on answers.
//!
//! | file | holds |
//! |---|---|
//! | `state.json` | the [`Settings`]: options, and what the features were; written last, so that it says that all is there |
//! | `start-….npz` | the [`WarmStart`](crate::active::WarmStart), made from the features once, with its checksum in its name |
//! | `encoder-….safetensors`, `representation-….npy` | of a representation that was [learned](learn()), likewise; the start of the features stays then |
//! | `training-….safetensors` | how far such a training is |
//! | `answers.jsonl` | the [`AnswerLog`], the source of truth; belief, evidence and ledger are made from it anew |
//! | `lock` | locked by the one session that may write, with its process number |
//!
//! Every record names its annotator ([`Session::record`]); several questions may be open at a time, each with an id. Which
//! annotator may answer which question is up to the user interface.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use pal::oracle::{LabelOracle, Oracle};
//! use pal::active::StoppingRule;
//! use pal::probe::adjusted_rand_index;
//! use pal::session::{Session, SessionOptions, Settings, Stop, create};
//!
//! let iris = pal::data::iris()?; // any features
//! let mut person = LabelOracle::new(&iris.labels);
//! let folder = tempfile::tempdir()?; // any folder
//! create(folder.path(), iris.inputs.view(), Settings::default())?;
//!
//! let until = Some(StoppingRule { target: 0.1, ..StoppingRule::default() });
//! let mut session = Session::open(folder.path(), SessionOptions { until, ..SessionOptions::default() })?;
//! while let Some(question) = session.next_question()? {
//!     session.answer(question.id, person.answer(&question.pair)?)?;
//! }
//! assert_eq!(session.stop(), Some(Stop::ErrorSmallEnough));
//! let truth: Vec<usize> = iris.labels.iter().flatten().collect();
//! assert!(adjusted_rand_index(session.state().belief().classes(), &truth)? > 0.9);
//! # Ok(())
//! # }
//! ```

mod annotators;
mod asking;
mod create;
mod export;
mod folder;
mod learn;
mod log;
mod settings;
mod state;

pub use annotators::Annotator;
pub use asking::{OpenQuestion, Session, SessionOptions, Stop};
pub use create::{Created, create};
pub use export::Exported;
pub use folder::is_of_state;
pub use learn::{LearnJob, LearnOptions, Representation, learn};
pub use log::{AnswerLog, Entry, WritesHeld, hold_writes};
pub use settings::{Fingerprint, Learned, Reading, Settings};
pub use state::{State, Summary};
