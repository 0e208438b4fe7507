//! Questions of three kinds, records of their answers, and what they cost.
#![allow(clippy::unwrap_used)] // a test may panic

mod support;

#[path = "records/label_statements.rs"]
mod label_statements;
#[path = "records/ledger.rs"]
mod ledger;
#[path = "records/question.rs"]
mod question;
#[path = "records/record.rs"]
mod record;
