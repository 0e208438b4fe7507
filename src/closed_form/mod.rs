//! closed_form
