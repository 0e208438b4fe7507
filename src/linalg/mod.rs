//! Symmetric operators, dense decompositions behind one backend, eigensolvers and their certificates.

mod operator;

pub use operator::Operator;
