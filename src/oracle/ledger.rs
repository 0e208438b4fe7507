//! What questions cost, what has been spent, and when to stop.
//!
//! Prices are relative: the unit is one answer about a pair. By default a question costs what its answer can tell
//! ([claim T43](crate::theory#t43)), so that kinds of questions compete on equal terms; whoever has measured how long people
//! take sets prices of their own. A [`Ledger`] asks its [`Budget`] before each question:
//!
//! ```
//! # fn main() -> pal::Result<()> {
//! use pal::oracle::{Budget, Ledger, Prices, QuestionKind};
//! use pal::Error;
//!
//! let mut ledger = Ledger::new(Prices::default(), Budget::new(12.0)?)?;
//! ledger.charge(QuestionKind::Captcha, 10)?;
//! ledger.charge(QuestionKind::Pair, 1)?;
//! let refused = ledger.charge(QuestionKind::Label, 1);
//! assert!(matches!(refused, Err(Error::Budget { spent: 11.0, .. })));
//! assert_eq!(ledger.left(), 1.0); // a pair can still be asked
//! # Ok(())
//! # }
//! ```

use super::{QuestionKind, information};
use crate::error::{Error, Result, check};

/// A sum of prices may exceed the budget by this fraction: three questions at 0.1 fit into 0.3.
const ROUNDING: f64 = 1e-12;

/// The price of each kind of question; that of a captcha of `m` candidates is `captcha + candidate · m`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "files", derive(serde::Serialize, serde::Deserialize))]
pub struct Prices {
    /// Do these two belong together?
    pub pair: f64,
    /// Which class is this sample of?
    pub label: f64,
    /// A captcha, however many candidates it shows.
    pub captcha: f64,
    /// Each of its candidates.
    pub candidate: f64,
}

/// What the answers tell in four balanced classes ([claim T43](crate::theory#t43)), in units of one answer about a pair:
/// `h(1/4) = 0.81` bits.
///
/// A label tells `log₂ 4 / h(1/4) = 2.47`, here 2.5 times as much, a captcha exactly as much as its candidates one by one.
impl Default for Prices {
    fn default() -> Self {
        Self { pair: 1.0, label: 2.5, captcha: 0.0, candidate: 1.0 }
    }
}

impl Prices {
    /// What the answers tell, in units of one about a pair, if classes have the probabilities `prior`
    /// ([claim T43](crate::theory#t43)).
    ///
    /// Exact for pairs, labels and captchas of one candidate, and for all captchas if the classes are balanced; else more
    /// candidates tell less than as many pairs do.
    ///
    /// # Errors
    /// [`Error::Domain`] if `prior` holds no probabilities that sum to 1 within `1e-9`, or only one class has a positive
    /// one: nothing is told then.
    pub fn by_information(prior: &[f64]) -> Result<Self> {
        let pair = information::pair(prior)?;
        check::positive("bits of a pair", pair)?;
        Ok(Self { pair: 1.0, label: information::label(prior)? / pair, captcha: 0.0, candidate: 1.0 })
    }

    /// The price of one question of this kind about `size` samples at once; infinite if that overflows.
    #[must_use]
    pub fn of(&self, kind: QuestionKind, size: usize) -> f64 {
        match kind {
            QuestionKind::Pair => self.pair,
            QuestionKind::Label => self.label,
            QuestionKind::Captcha => self.captcha + self.candidate * size as f64,
        }
    }
}

/// How much may be spent in all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Budget(f64);

impl Budget {
    /// At most `amount`, in the unit of the prices.
    ///
    /// # Errors
    /// [`Error::Domain`] unless it is positive and finite.
    pub fn new(amount: f64) -> Result<Self> {
        check::positive("budget", amount)?;
        Ok(Self(amount))
    }

    /// No limit.
    #[must_use]
    pub fn unlimited() -> Self {
        Self(f64::INFINITY)
    }

    /// Checks that a question at `price` can be paid for after `spent` was.
    ///
    /// # Errors
    /// [`Error::Budget`] if the price exceeds what is left.
    pub fn require(self, spent: f64, price: f64) -> Result<()> {
        let budget = self.0;
        if spent + price > budget * (1.0 + ROUNDING) {
            return Err(Error::Budget { spent, price, budget });
        }
        Ok(())
    }

    /// The limit, infinite if there is none.
    #[must_use]
    pub fn amount(self) -> f64 {
        self.0
    }
}

/// What was asked of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Account {
    /// Number of questions.
    pub questions: usize,
    /// Number of answers in them: one per candidate of a captcha, else one per question.
    pub answers: usize,
    /// What the answers told, if the classes are drawn as the ledger's prior says; else 0.
    pub bits: f64,
}

/// A sum with what rounding lost of it (Neumaier 1974): exact to the last place however many the terms are.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sum {
    rounded: f64,
    lost: f64,
}

impl Sum {
    fn add(&mut self, term: f64) {
        let rounded = self.rounded + term;
        let (large, small) = if self.rounded >= term { (self.rounded, term) } else { (term, self.rounded) };
        if rounded.is_finite() {
            self.lost += (large - rounded) + small;
        }
        self.rounded = rounded;
    }

    fn value(self) -> f64 {
        self.rounded + self.lost
    }
}

/// What was asked and spent so far, kept within a budget.
#[derive(Clone, Debug, PartialEq)]
pub struct Ledger {
    prices: Prices,
    budget: Budget,
    /// Class probabilities, if bits are counted.
    prior: Option<Vec<f64>>,
    accounts: [Account; QuestionKind::ALL.len()],
    /// What was paid for each kind.
    paid: [Sum; QuestionKind::ALL.len()],
}

impl Ledger {
    /// Nothing is spent.
    ///
    /// # Errors
    /// [`Error::Domain`] for a price that is negative or not finite.
    pub fn new(prices: Prices, budget: Budget) -> Result<Self> {
        check::not_negative("price of a pair", prices.pair)?;
        check::not_negative("price of a label", prices.label)?;
        check::not_negative("price of a captcha", prices.captcha)?;
        check::not_negative("price of a candidate", prices.candidate)?;
        Ok(Self { prices, budget, prior: None, accounts: <_>::default(), paid: <_>::default() })
    }

    /// Counts, beside prices, the bits of [claim T43](crate::theory#t43): samples are drawn independently with these class
    /// probabilities.
    ///
    /// Bits of questions asked before are not counted. They are an upper bound on what the answers tell together, for
    /// questions about the same samples overlap.
    ///
    /// # Errors
    /// [`Error::Domain`] if `prior` holds no probabilities that sum to 1 within `1e-9`.
    pub fn with_prior(self, prior: &[f64]) -> Result<Self> {
        information::label(prior)?;
        Ok(Self { prior: Some(prior.to_vec()), ..self })
    }

    /// Pays for a question of this kind about `size` samples at once (the candidates of a captcha, else 1), and returns its price.
    ///
    /// # Errors
    /// As [`Ledger::require`]; nothing is paid then.
    pub fn charge(&mut self, kind: QuestionKind, size: usize) -> Result<f64> {
        let price = self.require(kind, size)?;
        self.enter(kind, size, price)?;
        Ok(price)
    }

    /// Counts a question that was paid for before, say one of a log: at this cost, whatever the prices and the budget are now.
    ///
    /// # Errors
    /// [`Error::Domain`] if the cost is negative or not finite, or a pair or a label is asked about more or fewer than one at
    /// once; nothing is counted then.
    pub fn enter(&mut self, kind: QuestionKind, size: usize, cost: f64) -> Result<()> {
        require_size(kind, size)?;
        check::not_negative("cost", cost)?;
        let bits = match (&self.prior, kind) {
            (None, _) => 0.0,
            (Some(prior), QuestionKind::Pair) => information::pair(prior)?,
            (Some(prior), QuestionKind::Label) => information::label(prior)?,
            (Some(prior), QuestionKind::Captcha) => information::captcha(prior, size)?,
        };
        let account = &mut self.accounts[kind as usize];
        account.questions += 1;
        account.answers += size;
        account.bits += bits;
        self.paid[kind as usize].add(cost);
        Ok(())
    }

    /// The price of a question, if the budget allows it.
    ///
    /// # Errors
    /// [`Error::Budget`] if the price exceeds what is left, [`Error::Domain`] if a pair or a label is asked about more or
    /// fewer than one at once, or if what is spent would overflow.
    pub fn require(&self, kind: QuestionKind, size: usize) -> Result<f64> {
        require_size(kind, size)?;
        let price = self.prices.of(kind, size);
        self.budget.require(self.spent(), price)?;
        // Twice as much: sums are rounded elsewhere.
        check::number("price", 2.0 * (self.spent() + price), "finite, with what is spent before")?;
        Ok(price)
    }

    /// What was asked of this kind.
    #[must_use]
    pub fn account(&self, kind: QuestionKind) -> Account {
        self.accounts[kind as usize]
    }

    /// What was spent on questions of this kind: the sum of what each cost when it was asked, to the last place.
    #[must_use]
    pub fn spent_on(&self, kind: QuestionKind) -> f64 {
        self.paid[kind as usize].value()
    }

    /// What was spent in all.
    #[must_use]
    pub fn spent(&self) -> f64 {
        QuestionKind::ALL.into_iter().map(|kind| self.spent_on(kind)).sum()
    }

    /// What may still be spent, infinite without a limit.
    #[must_use]
    pub fn left(&self) -> f64 {
        (self.budget.amount() - self.spent()).max(0.0)
    }

    /// Number of answers in all: one per candidate of a captcha, else one per question.
    #[must_use]
    pub fn answers(&self) -> usize {
        self.accounts.iter().map(|account| account.answers).sum()
    }

    /// What all answers told, in bits; 0 without a prior.
    #[must_use]
    pub fn bits(&self) -> f64 {
        self.accounts.iter().map(|account| account.bits).sum()
    }

    /// The prices asked at.
    #[must_use]
    pub fn prices(&self) -> Prices {
        self.prices
    }

    /// The limit.
    #[must_use]
    pub fn budget(&self) -> Budget {
        self.budget
    }
}

/// One sample or pair at a time, but for captchas.
fn require_size(kind: QuestionKind, size: usize) -> Result<()> {
    if kind == QuestionKind::Captcha || size == 1 {
        return Ok(());
    }
    Err(Error::Domain { argument: "size", value: size as f64, must: "1 for a pair or a label" })
}
