//! A3S: adaptive active aggregation and splitting (Deng et al. 2024, ICML), after the paper's description.
//!
//! It begins with a clustering of more clusters than there are classes, whatever made it, and adjusts that by answers. If two
//! clusters of the same class are merged, the normalised mutual information with the classes grows with the entropy that the
//! clustering loses,
//!
//! $$ \Delta h = \tfrac1N\bigl[(a+b)\ln(a+b) - a\ln a - b\ln b\bigr] $$
//!
//! for sizes `a` and `b`. Of the pairs of clusters that most probably are of one class, that of the largest probability times
//! `Δh` is next. Each of the two has to pass a test of purity: it is dense, or its centre belongs together with the sample on the
//! border of the seven tenths of it that are nearest to the centre. If both pass, their centres are asked about, and they are
//! merged or known apart; one that fails is split by questions. What answers imply is not asked.

use std::collections::HashMap;

use ndarray::Array2;
use pal::Result;
use pal::oracle::Closure;

use crate::interview::Interview;

/// A cluster is dense if the probability with which its samples belong to those from the median distance on is above this.
const DENSE: f64 = 0.8;
/// The share of a cluster within the border at which its purity is tested.
const WITHIN_BORDER: f64 = 0.7;
/// Most probable partners of each sample of the smaller cluster by which two clusters are compared.
const PARTNERS: usize = 4;
/// Questions until a cluster is split; samples that are left go where they most probably belong.
const SPLITTING: usize = 20;

/// The clusters, and what is known of them.
pub struct A3s {
    /// How probably two samples belong together, `(n, n)`.
    probabilities: Array2<f64>,
    known: Closure,
    cluster_of: Vec<usize>,
    /// The samples of every cluster; none where a cluster is no more.
    members: Vec<Vec<usize>>,
    /// The centres of those that passed the test of purity.
    centres: Vec<Option<usize>>,
    /// How probably two clusters are of one class, the smaller number first.
    of_one_class: HashMap<(usize, usize), f64>,
}

impl A3s {
    /// Begins with the cluster of every sample, and the probabilities `(n, n)` that two samples belong together.
    ///
    /// # Errors
    /// [`pal::Error::Empty`] without samples.
    pub fn new(clusters: Vec<usize>, probabilities: Array2<f64>) -> Result<Self> {
        let mut members = vec![Vec::new(); clusters.iter().max().map_or(0, |&last| last + 1)];
        for (sample, &cluster) in clusters.iter().enumerate() {
            members[cluster].push(sample);
        }
        let known = Closure::new(clusters.len())?;
        let (centres, of_one_class) = (vec![None; members.len()], HashMap::new());
        Ok(Self { probabilities, known, cluster_of: clusters, members, centres, of_one_class })
    }

    /// Asks until there is nothing left to ask, or no answer left.
    ///
    /// # Errors
    /// Those of [`Interview::ask`].
    pub fn run(&mut self, mut interview: Interview) -> Result<()> {
        self.adjust(&mut interview)?;
        interview.finish(&self.cluster_of)
    }

    /// `None` if there was no answer left.
    fn adjust(&mut self, interview: &mut Interview) -> Result<Option<()>> {
        while let Some((a, b)) = self.most_promising() {
            let (Some(first), Some(second)) = (self.is_pure(a, interview)?, self.is_pure(b, interview)?)
            else {
                return Ok(None);
            };
            let (true, true, Some(i), Some(j)) = (first, second, self.centres[a], self.centres[b]) else {
                continue;
            };
            match self.ask(interview, i, j)? {
                Some(true) => self.merge(a, b),
                Some(false) => {}
                None => return Ok(None),
            }
        }
        self.place_outliers(interview)
    }

    /// The two clusters of several samples that promise the largest gain, if there are two that are not known apart.
    fn most_promising(&mut self) -> Option<(usize, usize)> {
        let several: Vec<usize> = (0..self.members.len()).filter(|&a| self.members[a].len() > 1).collect();
        let mut candidates = Vec::new();
        for (position, &a) in several.iter().enumerate() {
            for &b in &several[position + 1..] {
                if !self.are_apart(a, b) {
                    candidates.push((self.one_class(a, b), a, b));
                }
            }
        }
        candidates.sort_by(|one, other| other.0.total_cmp(&one.0));
        candidates.truncate(several.len());
        let gain = |&(probability, a, b): &(f64, usize, usize)| probability * self.lost_entropy(a, b);
        // The first of those that are as good.
        let best = candidates.iter().rev().max_by(|one, other| gain(one).total_cmp(&gain(other)));
        best.map(|&(_, a, b)| (a, b))
    }

    fn are_apart(&self, a: usize, b: usize) -> bool {
        let (Some(i), Some(j)) = (self.centres[a], self.centres[b]) else { return false };
        self.relation(i, j) == Some(false)
    }

    /// What the answers imply of two samples.
    fn relation(&self, i: usize, j: usize) -> Option<bool> {
        let entry = self.known.entry(i, j).unwrap_or(0.0);
        (entry != 0.0).then_some(entry > 0.0)
    }

    /// The share of links between the samples of the smaller cluster and their most probable partners in the other one that are
    /// to be expected, one link and one refusal being given beforehand.
    fn one_class(&mut self, a: usize, b: usize) -> f64 {
        let (mut small, mut large) = (&self.members[a], &self.members[b]);
        if small.len() > large.len() {
            (small, large) = (large, small);
        }
        let probabilities = &self.probabilities;
        *self.of_one_class.entry((a, b)).or_insert_with(|| {
            let (mut links, mut all) = (1.0, 2.0);
            for &i in small {
                let mut of: Vec<f64> = large.iter().map(|&j| probabilities[[i, j]]).collect();
                of.sort_unstable_by(|x, y| y.total_cmp(x));
                let partners = &of[..PARTNERS.min(of.len())];
                links += partners.iter().sum::<f64>();
                all += partners.len() as f64;
            }
            links / all
        })
    }

    /// `Δh` if they are merged.
    fn lost_entropy(&self, a: usize, b: usize) -> f64 {
        let (a, b) = (self.members[a].len() as f64, self.members[b].len() as f64);
        ((a + b) * (a + b).ln() - a * a.ln() - b * b.ln()) / self.cluster_of.len() as f64
    }

    /// The answer, by what is known or by asking.
    fn ask(&mut self, interview: &mut Interview, i: usize, j: usize) -> Result<Option<bool>> {
        if let Some(same) = self.relation(i, j) {
            return Ok(Some(same));
        }
        let Some(same) = interview.ask(&self.cluster_of, i, j)? else { return Ok(None) };
        self.known.link(i, j, same)?;
        Ok(Some(same))
    }

    /// Whether the cluster passes the test of purity; it has a centre then, and is split if it does not.
    fn is_pure(&mut self, cluster: usize, interview: &mut Interview) -> Result<Option<bool>> {
        if self.centres[cluster].is_some() {
            return Ok(Some(true));
        }
        // The other cluster was split in between, or is this one.
        let from_centre = self.by_likelihood(cluster);
        let [centre, ref others @ ..] = from_centre[..] else { return Ok(Some(false)) };
        if !self.is_dense(cluster) {
            let mut others = others.to_vec();
            let towards = |j: usize| self.probabilities[[centre, j]];
            others.sort_by(|&i, &j| towards(j).total_cmp(&towards(i)));
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a share of a length
            let border = (WITHIN_BORDER * others.len() as f64) as usize;
            match self.ask(interview, centre, others[border])? {
                Some(true) => {}
                Some(false) => return Ok(self.split(cluster, interview)?.map(|()| false)),
                None => return Ok(None),
            }
        }
        self.centres[cluster] = Some(centre);
        Ok(Some(true))
    }

    /// The samples of a cluster, from that on which fits best with the others.
    fn by_likelihood(&self, cluster: usize) -> Vec<usize> {
        let samples = &self.members[cluster];
        let mut with_fit: Vec<(f64, usize)> =
            samples.iter().map(|&sample| (self.mean_log_odds(sample, samples), sample)).collect();
        with_fit.sort_by(|one, other| other.0.total_cmp(&one.0));
        with_fit.into_iter().map(|(_, sample)| sample).collect()
    }

    fn mean_log_odds(&self, sample: usize, others: &[usize]) -> f64 {
        let others = others.iter().filter(|&&other| other != sample);
        let (sum, count) = others.fold((0.0, 0.0), |(sum, count), &other| {
            (sum + log_odds(self.probabilities[[sample, other]]), count + 1.0)
        });
        if count > 0.0 { sum / count } else { 0.0 }
    }

    fn is_dense(&self, cluster: usize) -> bool {
        let samples = &self.members[cluster];
        let (mut sum, mut count) = (0.0, 0.0);
        for &i in samples {
            let mut of: Vec<f64> = samples.iter().map(|&j| self.probabilities[[i, j]]).collect();
            of.sort_unstable_by(|x, y| y.total_cmp(x));
            for probability in of.iter().skip(of.len() / 2).take(of.len().isqrt()) {
                sum += probability;
                count += 1.0;
            }
        }
        sum > DENSE * count
    }

    /// Compares the samples of a cluster, the most central first, with the first samples of the parts found, the most probable
    /// first; who belongs to none founds a part.
    fn split(&mut self, cluster: usize, interview: &mut Interview) -> Result<Option<()>> {
        let mut left = self.by_likelihood(cluster);
        left.reverse();
        let mut parts: Vec<usize> = Vec::new();
        let mut questions = SPLITTING;
        let mut is_interrupted = false;
        'samples: while let Some(&sample) = left.last() {
            let to = |part: usize| self.probabilities[[sample, self.members[part][0]]];
            parts.sort_by(|&one, &other| to(other).total_cmp(&to(one)));
            let mut belongs_to = None;
            for &part in &parts {
                let first = self.members[part][0];
                if self.relation(sample, first).is_none() {
                    if questions == 0 {
                        break 'samples;
                    }
                    questions -= 1;
                }
                match self.ask(interview, sample, first)? {
                    Some(true) => {
                        belongs_to = Some(part);
                        break;
                    }
                    Some(false) => {}
                    None => {
                        is_interrupted = true;
                        break 'samples;
                    }
                }
            }
            left.pop();
            match belongs_to {
                Some(part) => self.move_to(sample, part),
                None => parts.push(self.found(sample)),
            }
        }
        for sample in left {
            let open = |part: &&usize| self.relation(sample, self.members[**part][0]) != Some(false);
            let fit = |part: usize| self.mean_log_odds(sample, &self.members[part]);
            let best = parts.iter().filter(open).max_by(|&&one, &&other| fit(one).total_cmp(&fit(other)));
            match best.copied() {
                Some(part) => self.move_to(sample, part),
                None => parts.push(self.found(sample)),
            }
        }
        Ok((!is_interrupted).then_some(()))
    }

    /// A new cluster of the sample alone, which is its centre.
    fn found(&mut self, sample: usize) -> usize {
        self.members.push(Vec::new());
        self.centres.push(Some(sample));
        self.move_to(sample, self.members.len() - 1);
        self.members.len() - 1
    }

    fn move_to(&mut self, sample: usize, cluster: usize) {
        let from = std::mem::replace(&mut self.cluster_of[sample], cluster);
        self.members[from].retain(|&other| other != sample);
        self.members[cluster].push(sample);
    }

    /// Into a new cluster, with the centre of the larger one.
    fn merge(&mut self, a: usize, b: usize) {
        let (small, large) = if self.members[a].len() > self.members[b].len() { (b, a) } else { (a, b) };
        let mut all = std::mem::take(&mut self.members[large]);
        all.append(&mut self.members[small]);
        let merged = self.members.len();
        for &sample in &all {
            self.cluster_of[sample] = merged;
        }
        self.members.push(all);
        self.centres.push(self.centres[large]);
    }

    /// Compares samples that are alone with the centres of clusters, the most probable first.
    fn place_outliers(&mut self, interview: &mut Interview) -> Result<Option<()>> {
        let (alone, several): (Vec<usize>, Vec<usize>) = (0..self.members.len())
            .filter(|&cluster| !self.members[cluster].is_empty())
            .partition(|&cluster| self.members[cluster].len() == 1);
        let centres: Vec<usize> = several
            .iter()
            .map(|&cluster| self.centres[cluster].unwrap_or(self.by_likelihood(cluster)[0]))
            .collect();
        for cluster in alone {
            let sample = self.members[cluster][0];
            let mut candidates: Vec<(f64, usize, usize)> = several
                .iter()
                .zip(&centres)
                .map(|(&several, &centre)| {
                    let of = self.members[several].iter().map(|&other| self.probabilities[[sample, other]]);
                    (of.fold(0.0, f64::max), several, centre)
                })
                .collect();
            candidates.sort_by(|one, other| other.0.total_cmp(&one.0));
            for (_, several, centre) in candidates {
                match self.ask(interview, sample, centre)? {
                    Some(true) => {
                        self.move_to(sample, several);
                        break;
                    }
                    Some(false) => {}
                    None => return Ok(None),
                }
            }
        }
        Ok(Some(()))
    }
}

fn log_odds(probability: f64) -> f64 {
    (probability / (1.0 - probability)).ln()
}
