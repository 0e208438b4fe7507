//! How the sets of one half of the suite fare: the rows that `unseen_data` prints, and the sums below them.

use pal::active::StoppingRule;
use pal::experiment::Curve;

use super::{PEERS, Protocol, Session, median};

/// Numbers of answers after which the index is compared with those of the peers, and looked at in the table.
const COMPARED: [usize; 5] = [25, 50, 100, 200, 300];
/// A start is near the best one that is told the number of classes if it has this share of its index; behind a peer is who
/// has this much less.
const NEAR: f64 = 0.9;
const BEHIND: f64 = 0.02;
/// The share of its final index until which the answers of the first peer are counted.
const MOST_OF_IT: f64 = 0.8;
/// Stopping is not late at so many times the answers after which it was right, and so many more.
const LATE: (f64, f64) = (2.0, 120.0);

pub const TABLE_HEAD: &str = "| half | set | best start told the number | start | after 25, 50, 100, 200, 300 | COBRAS | \
                              A3S | ITACC entropy | ITACC gain | checkpoints held | runs held | excess after 200, 400 | stops |\n\
                              |---|---|---|---|---|---|---|---|---|---|---|---|---|";

/// What is known of one set.
pub struct Case<'a> {
    pub half: &'a str,
    pub name: &'a str,
    pub protocol: &'a Protocol,
    /// By rate of wrong answers, by trial.
    pub by_rate: Vec<Vec<&'a Session>>,
    /// The index of each peer against answers, if it was measured.
    pub peers: [Option<&'a Curve>; PEERS.len()],
    /// The largest index of the clusterings that are told the number of classes.
    pub best_start: f64,
}

impl Case<'_> {
    /// The mean over truthful sessions.
    fn mean(&self, answers: usize, of: fn(&Session) -> &Vec<f64>) -> f64 {
        let (sessions, answers) = (&self.by_rate[0], answers.min(self.protocol.most_answers));
        sessions.iter().map(|session| of(session)[answers]).sum::<f64>() / sessions.len() as f64
    }

    fn index(&self, answers: usize) -> f64 {
        self.mean(answers, |session| &session.index)
    }

    fn sessions(&self) -> impl Iterator<Item = &Session> {
        self.by_rate.iter().flatten().copied()
    }

    fn compared(&self) -> impl Iterator<Item = usize> {
        COMPARED.into_iter().filter(|&answers| answers <= self.protocol.most_answers)
    }
}

/// The accounts of one half. Each takes in a case and returns its cells of the row.
#[derive(Default)]
pub struct Account {
    pub sets: usize,
    starts: Starts,
    comparison: Comparison,
    coverage: Coverage,
    excess: Excess,
    stops: Stops,
}

impl Account {
    /// Takes in a set; its row.
    pub fn add(&mut self, case: &Case) -> String {
        self.sets += 1;
        let cells = [
            format!("{} | {}", case.half, case.name),
            self.starts.add(case),
            self.comparison.add(case),
            self.coverage.add(case),
            self.excess.add(case),
            self.stops.add(case),
        ];
        format!("| {} |", cells.join(" | "))
    }

    pub fn summary(&self, half: &str) -> String {
        let Self { sets, starts, comparison, coverage, excess, stops } = self;
        let points = PEERS.iter().zip(comparison.points);
        let not_behind: Vec<String> =
            points.map(|((peer, _), points)| format!("{peer} at {points}")).collect();
        let median = |values: &[f64]| {
            median(values.to_vec()).map_or("–".to_owned(), |median| format!("{median:.3}"))
        };
        format!(
            "{half}, {sets} sets: the upper end held at {} of the checkpoints, at nine of ten on {}, always in {} of the runs. With \
             truthful answers it was above the truth by {} after 200 answers and {} after 400 (medians over the sets). Stopping \
             was right in {} of {} runs that stopped, and in time in {} of {} that ought to. The start was near the best one that \
             is told the number of classes on {} of the sets, after 50 answers on {}. Not behind {} of the points; half \
             of {}'s answers on {} of the sets.",
            coverage.checkpoints,
            Share { part: coverage.mostly_held, of: *sets },
            coverage.runs,
            median(&excess.after[0]),
            median(&excess.after[1]),
            stops.right,
            stops.stopped,
            stops.in_time,
            stops.due,
            Share { part: starts.near[0], of: *sets },
            Share { part: starts.near[1], of: *sets },
            not_behind.join(", "),
            PEERS[0].0,
            comparison.halved,
        )
    }
}

/// How many of how many, in percent.
#[derive(Clone, Copy, Default)]
struct Share {
    part: usize,
    of: usize,
}

impl Share {
    fn add(&mut self, counts: bool) {
        self.part += usize::from(counts);
        self.of += 1;
    }
}

impl std::fmt::Display for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self.of {
            0 => f.write_str("–"),
            of => write!(f, "{:.1} %", 100.0 * self.part as f64 / of as f64),
        }
    }
}

/// Sets near the best clustering that is told the number of classes, with no answer and after fifty.
#[derive(Default)]
struct Starts {
    near: [usize; 2],
}

impl Starts {
    fn add(&mut self, case: &Case) -> String {
        for (near, answers) in self.near.iter_mut().zip([0, 50]) {
            *near += usize::from(case.index(answers) >= NEAR * case.best_start);
        }
        format!("{:.2} | {:.2}", case.best_start, case.index(0))
    }
}

/// The index beside those of the peers.
#[derive(Default)]
struct Comparison {
    /// Points not behind each peer.
    points: [Share; PEERS.len()],
    /// Sets on which half of the first peer's answers suffice for most of its index.
    halved: Share,
}

impl Comparison {
    fn add(&mut self, case: &Case) -> String {
        let ours = |answers: usize| case.index(answers);
        let in_words = |of: &dyn Fn(usize) -> f64| {
            case.compared().map(|answers| format!("{:.2}", of(answers))).collect::<Vec<_>>().join(" ")
        };
        let mut cells = vec![in_words(&ours)];
        for (peer, points) in case.peers.iter().zip(&mut self.points) {
            let Some(peer) = peer else {
                cells.push("–".to_owned());
                continue;
            };
            let theirs = |answers: usize| height(peer, answers as f64);
            for answers in case.compared() {
                points.add(ours(answers) >= theirs(answers) - BEHIND);
            }
            cells.push(in_words(&theirs));
        }
        if let Some(peer) = case.peers[0] {
            let level = MOST_OF_IT * peer.last();
            let until = |of: &dyn Fn(usize) -> f64| {
                (0..=case.protocol.most_answers).find(|&answers| of(answers) >= level)
            };
            if let Some(theirs) = until(&|answers| height(peer, answers as f64)) {
                self.halved.add(until(&ours).is_some_and(|ours| 2 * ours <= theirs));
            }
        }
        cells.join(" | ")
    }
}

/// Where the upper end of what is said to be wrong was at least what is wrong.
#[derive(Default)]
struct Coverage {
    checkpoints: Share,
    /// Sets at which it held at nine of ten checkpoints.
    mostly_held: usize,
    /// Runs in which it always held.
    runs: Share,
}

impl Coverage {
    fn add(&mut self, case: &Case) -> String {
        let holds = |session: &Session, answers: usize| session.upper[answers] >= session.truth[answers];
        let (mut checkpoints, mut runs) = (Share::default(), Share::default());
        for session in case.sessions() {
            for answers in case.protocol.checkpoints() {
                checkpoints.add(holds(session, answers));
            }
            runs.add((0..session.truth.len()).all(|answers| holds(session, answers)));
        }
        self.mostly_held += usize::from(10 * checkpoints.part >= 9 * checkpoints.of);
        for (all, of_set) in [(&mut self.checkpoints, checkpoints), (&mut self.runs, runs)] {
            *all = Share { part: all.part + of_set.part, of: all.of + of_set.of };
        }
        format!("{}/{} | {}/{}", checkpoints.part, checkpoints.of, runs.part, runs.of)
    }
}

/// Upper end less truth with truthful answers, after 200 and after 400 of them, by set.
#[derive(Default)]
struct Excess {
    after: [Vec<f64>; 2],
}

impl Excess {
    fn add(&mut self, case: &Case) -> String {
        let excess = [200, 400].map(|answers| {
            (answers <= case.protocol.most_answers).then(|| {
                case.mean(answers, |session| &session.upper) - case.mean(answers, |session| &session.truth)
            })
        });
        for (all, excess) in self.after.iter_mut().zip(excess) {
            all.extend(excess);
        }
        excess.map(|excess| excess.map_or("–".to_owned(), |excess| format!("{excess:.2}"))).join(" ")
    }
}

/// Runs that stopped, those that were right to, and those that were not late; runs that ought to have stopped in time.
#[derive(Default)]
struct Stops {
    stopped: usize,
    right: usize,
    in_time: usize,
    due: usize,
}

impl Stops {
    fn add(&mut self, case: &Case) -> String {
        let Protocol { most_answers, until_error, .. } = *case.protocol;
        let at_least = StoppingRule::default().at_least;
        let is_small = |&error: &f64| error <= until_error;
        let mut stops = Vec::new();
        for session in case.sessions() {
            let reached = session.truth.iter().position(is_small);
            let latest = reached.map(|reached| LATE.0 * reached as f64 + LATE.1);
            let due = latest.filter(|&latest| latest <= most_answers as f64);
            self.due += usize::from(due.is_some());
            let stop = session.upper.iter().skip(at_least).position(is_small).map(|after| after + at_least);
            if let Some(stop) = stop {
                self.right += usize::from(is_small(&session.truth[stop]));
                self.in_time += usize::from(due.is_some_and(|latest| stop as f64 <= latest));
                stops.push(stop);
            }
        }
        self.stopped += stops.len();
        stops.sort_unstable();
        format!(
            "{} of {}, median {}",
            stops.len(),
            case.sessions().count(),
            stops.get(stops.len() / 2).map_or("–".to_owned(), usize::to_string),
        )
    }
}

/// The mean at `x`, on straight lines between the points; the last one beyond them.
fn height(curve: &Curve, x: f64) -> f64 {
    let Some(after) = curve.x.iter().position(|&point| point >= x) else { return curve.last() };
    if after == 0 {
        return curve.first();
    }
    let share = (x - curve.x[after - 1]) / (curve.x[after] - curve.x[after - 1]);
    curve.mean[after - 1] + share * (curve.mean[after] - curve.mean[after - 1])
}
