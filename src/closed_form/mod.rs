//! Closed forms
