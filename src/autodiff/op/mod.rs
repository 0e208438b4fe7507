//! The operations, one family per file: what each computes, and beside it how a cotangent passes back.

mod arithmetic;
mod convolve;
mod custom;
mod epilogue;
mod gather;
mod matmul;
mod normalise;
mod pointwise;
mod reduce;
mod shape;

pub use epilogue::Epilogue;
pub use gather::ColumnTable;
pub use normalise::BatchNormalised;
