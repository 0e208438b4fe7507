//! Iris, wine, breast cancer: small tables of measurements, each row of a known class, that are part of the crate.
//!
//! All are of the UCI Machine Learning Repository (CC BY 4.0), with the values and the order of scikit-learn's
//! `load_iris`, `load_wine` and `load_breast_cancer`. Columns keep their units, which differ: the ranges of two columns of
//! wine are 0.5 and 1400. `assets/README.md` says how the files were made.

use super::{Labelled, bundled};
use crate::error::Result;

/// 150 irises of the three species setosa, versicolor and virginica: inputs of shape `(150, 4)`, the length and width of
/// sepal and petal in cm.
///
/// R. A. Fisher, "The use of multiple measurements in taxonomic problems", 1936, with his values: the file of the
/// repository differs from them in two rows.
///
/// # Errors
/// None in practice: the file is part of the crate.
pub fn iris() -> Result<Labelled> {
    bundled::read(include_bytes!("../../assets/iris.npy"), f64::from_le_bytes, 4, 3)
}

/// 178 wines of three cultivars: inputs of shape `(178, 13)`, a chemical analysis from the percentage of alcohol to
/// proline.
///
/// S. Aeberhard and M. Forina, "Wine", 1992.
///
/// # Errors
/// None in practice: the file is part of the crate.
pub fn wine() -> Result<Labelled> {
    bundled::read(include_bytes!("../../assets/wine.npy"), f64::from_le_bytes, 13, 3)
}

/// 569 tumours of the breast, class 0 malignant and 1 benign: inputs of shape `(569, 30)`, the mean, standard error and
/// worst value of ten measures of the cell nuclei in an image.
///
/// W. Wolberg, O. Mangasarian, N. Street and W. Street, "Breast Cancer Wisconsin (Diagnostic)", 1993.
///
/// # Errors
/// None in practice: the file is part of the crate.
pub fn breast_cancer() -> Result<Labelled> {
    bundled::read(include_bytes!("../../assets/breast_cancer.npy"), f64::from_le_bytes, 30, 2)
}
