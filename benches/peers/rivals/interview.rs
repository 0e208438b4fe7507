//! The loop of questions about pairs as the rivals see it: they keep a clustering of their own, and ask.

use pal::Result;
use pal::oracle::Pair;

/// Who answers, who looks on, and how many answers there will be.
pub struct Interview<'a> {
    annotator: &'a mut dyn FnMut(Pair) -> Result<bool>,
    watch: &'a mut dyn FnMut(usize, &[usize]) -> Result<()>,
    budget: usize,
    asked: usize,
}

impl<'a> Interview<'a> {
    /// `watch` sees the number of answers so far and the cluster of every sample, before each question and in the end.
    pub fn new(
        annotator: &'a mut dyn FnMut(Pair) -> Result<bool>,
        budget: usize,
        watch: &'a mut dyn FnMut(usize, &[usize]) -> Result<()>,
    ) -> Self {
        Self { annotator, watch, budget, asked: 0 }
    }

    /// Whether `i` and `j` belong together; `None` if there are no answers left. `clusters` is what is shown to who looks on.
    ///
    /// # Errors
    /// [`pal::Error::Domain`] if they are the same sample, and what the annotator and who looks on report.
    pub fn ask(&mut self, clusters: &[usize], i: usize, j: usize) -> Result<Option<bool>> {
        if self.asked == self.budget {
            return Ok(None);
        }
        (self.watch)(self.asked, clusters)?;
        self.asked += 1;
        (self.annotator)(Pair::new(i, j)?).map(Some)
    }

    /// Shows the clusters in the end.
    ///
    /// # Errors
    /// What who looks on reports.
    pub fn finish(self, clusters: &[usize]) -> Result<()> {
        (self.watch)(self.asked, clusters)
    }
}
