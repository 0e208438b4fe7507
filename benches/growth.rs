//! How the cost of each routine grows with the number of samples, on one thread.
//!
//! `cargo bench --bench growth` prints for every size the fastest call, its arithmetic a second with the fraction of what
//! the machine can do, and the memory allocations a call once its buffers have grown; and the power of n that fits the
//! times of the two largest sizes. Arithmetic is counted by the formula of each routine's documentation, an exponential as
//! 40 operations.

use std::hint::black_box;
use std::time::{Duration, Instant};

use ndarray::{Array1, Array2, s};
use pal::closed_form::KernelRegime;
use pal::data::circles;
use pal::kernel::{Exponential, cross_gram, gram};
use pal::linalg::{PartialEigensolver, leading_eigenpairs_of_update, symmetric_eigen};
use pal::probe::best_linear_error;
use pal::{Error, Result};
use pulp::{Arch, Simd, WithSimd};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::ThreadPoolBuilder;

const SIZES: [usize; 5] = [100, 200, 400, 800, 1600];
const WIDTH: usize = 5;
const KERNEL: Exponential = Exponential { sigma: 0.2 };
const EXP: f64 = 40.0;
const MEASURED: Duration = Duration::from_millis(300);

fn main() -> Result<()> {
    let one_thread = ThreadPoolBuilder::new().num_threads(1).build().map_err(|_| Error::Domain {
        argument: "threads",
        value: 1.0,
        must: "a number the system can start",
    })?;
    one_thread.install(|| {
        let peak = peak();
        println!("one thread; {:.0} billion multiplications and additions a second at most", peak / 1e9);
        println!(
            "{:34} {:>6} {:>12} {:>9} {:>8} {:>12}",
            "routine", "n", "us", "10^9 / s", "of peak", "allocations"
        );
        let mut table = Table { peak, last: None };
        let routines: [fn(&mut Table, usize) -> Result<()>; 5] =
            [gram_matrices, inverses, dense_solves, updates, readings];
        for routine in routines {
            for n in SIZES {
                routine(&mut table, n)?;
            }
        }
        Ok(())
    })
}

fn gram_matrices(table: &mut Table, n: usize) -> Result<()> {
    let x = circles(n, 0.0, &mut rng())?.inputs;
    let entries = (n * n) as f64;
    table.row("Gram matrix, 2 coordinates", n, entries * (3.0 * 2.0 + 2.0 + EXP), || gram(&KERNEL, x.view()))
}

fn inverses(table: &mut Table, n: usize) -> Result<()> {
    let x = circles(n, 0.0, &mut rng())?.inputs;
    let entries = (n * n) as f64;
    let operations = entries * (3.0 * 2.0 + 2.0 + EXP) + 4.0 / 3.0 * entries * n as f64;
    table.row("kernel regime: Gram and inverse", n, operations, || {
        KernelRegime::new(KERNEL, 1e-3).on(x.view())
    })
}

fn dense_solves(table: &mut Table, n: usize) -> Result<()> {
    let matrix = gram(&KERNEL, circles(n, 0.0, &mut rng())?.inputs.view())?;
    let mut solver = PartialEigensolver::default();
    let operations = 4.0 / 3.0 * (n * n * n) as f64;
    table.row("5 leading pairs, dense", n, operations, || solver.leading(matrix.view(), WIDTH))
}

fn updates(table: &mut Table, n: usize) -> Result<()> {
    let train = circles(n, 0.0, &mut rng())?;
    let known = symmetric_eigen(gram(&KERNEL, train.inputs.view())?.view())?;
    let values: Array1<f64> = known.values.mapv(|value| -1e-3 / value);
    let factor = known.vectors.t().dot(&train.labels.one_hot());
    let core = Array2::eye(factor.ncols()) * 2.0 - 1.0;
    // Every count is r (r + 1) / 2 dot products; how many there are depends on the spectrum.
    table.row("5 leading pairs, rank 4 changed", n, f64::NAN, || {
        leading_eigenpairs_of_update(values.view(), factor.view(), core.view(), WIDTH)
    })
}

fn readings(table: &mut Table, n: usize) -> Result<()> {
    const POINTS: usize = 1000;
    let test = circles(POINTS, 0.0, &mut rng())?;
    let train = circles(n, 0.0, &mut rng())?;
    let fit = KernelRegime::new(KERNEL, 1e-3).on(train.inputs.view())?;
    let lift = fit.lift(test.inputs.view())?.multiplied();
    let z = cross_gram(&KERNEL, train.inputs.view(), train.inputs.slice(s![..WIDTH, ..]))?;
    let operations = (2 * POINTS * n * WIDTH + 2 * POINTS * (WIDTH * (WIDTH + 1) / 2 + 4 * 4 * WIDTH)) as f64;
    table.row("features and error, 1000 points", n, operations, || {
        best_linear_error(lift.embed(z.view())?.view(), &test.labels)
    })
}

fn rng() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(0)
}

struct Table {
    peak: f64,
    /// Routine, size and time of the row before.
    last: Option<(&'static str, usize, f64)>,
}

impl Table {
    fn row<T>(
        &mut self,
        routine: &'static str,
        n: usize,
        operations: f64,
        mut call: impl FnMut() -> Result<T>,
    ) -> Result<()> {
        call()?;
        let allocations = allocation_counter::measure(|| {
            black_box(call()).ok();
        });
        let (mut fastest, started) = (Duration::MAX, Instant::now());
        while started.elapsed() < MEASURED {
            let call_started = Instant::now();
            black_box(call()?);
            fastest = fastest.min(call_started.elapsed());
        }
        let seconds = fastest.as_secs_f64();
        let rate = operations / seconds;
        let rates = if rate.is_nan() {
            format!("{:>9} {:>8}", "", "")
        } else {
            format!("{:9.1} {:7.0}%", rate / 1e9, 100.0 * rate / self.peak)
        };
        print!("{routine:34} {n:6} {:12.1} {rates} {:12}", 1e6 * seconds, allocations.count_total);
        match self.last {
            Some((last, before, earlier)) if last == routine && n == SIZES[SIZES.len() - 1] => {
                println!("   n^{:.1}", (seconds / earlier).ln() / (n as f64 / before as f64).ln());
            }
            _ => println!(),
        }
        self.last = Some((routine, n, seconds));
        Ok(())
    }
}

/// Multiplications and additions a second of independent fused operations in registers.
fn peak() -> f64 {
    struct Fused {
        steps: usize,
    }

    impl WithSimd for Fused {
        type Output = (f64, usize);

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
            let (factor, term) = (simd.splat_f64s(black_box(0.999)), simd.splat_f64s(black_box(1e-3)));
            let mut sums = [simd.splat_f64s(black_box(1.0)); 12];
            for _ in 0..self.steps {
                for sum in &mut sums {
                    *sum = simd.mul_add_e_f64s(*sum, factor, term);
                }
            }
            let mut total = sums[0];
            for &sum in &sums[1..] {
                total = simd.add_f64s(total, sum);
            }
            (simd.reduce_sum_f64s(total), 2 * 12 * S::F64_LANES * self.steps)
        }
    }

    let mut highest = 0.0_f64;
    for _ in 0..10 {
        let started = Instant::now();
        let (sum, operations) = Arch::new().dispatch(Fused { steps: 1_000_000 });
        black_box(sum);
        highest = highest.max(operations as f64 / started.elapsed().as_secs_f64());
    }
    highest
}
