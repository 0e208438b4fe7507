//! A curve of a figure: mean and spread over trials.

/// One line of a figure: the statistics over trials at every `x`.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// The series' name, as in the CSV and the legend.
    pub series: String,
    /// Abscissae.
    pub x: Vec<f64>,
    /// Mean over the trials at each abscissa.
    pub mean: Vec<f64>,
    /// Population standard deviation over the trials (divided by their number).
    pub std: Vec<f64>,
    /// Number of trials averaged.
    pub n: usize,
}
