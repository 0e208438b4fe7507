//! active
