use ndarray::{Array2, ArrayView2};
use pal::linalg::{
    Affine, Eigenpairs, Filter, KernelShiftInvert, LeadingPairs, Lobpcg, Method, Operator,
    PartialEigensolver, SpectralFactor, SubspaceIteration, ThickRestartLanczos, Woodbury, cholesky,
    count_above, leading_eigenpairs, leading_eigenpairs_of_update, least_squares, sine_between, solve_lower,
    solve_lower_transposed, symmetric_eigen, thin_svd,
};
use pal::{Observer, Result};
use rand::Rng;

use crate::door::{Door, Shapes, door, has_entries, is_square, length, numbers, vector};
use crate::support::{gaussian, symmetric};

/// A symmetric matrix whose eigenvalues lie apart.
pub(crate) fn graded(n: usize, rng: &mut impl Rng) -> Array2<f64> {
    let noise = gaussian(n, n, rng);
    let mut next = noise.iter().copied();
    let mut level = 0.0;
    symmetric(
        n,
        || 0.05 * next.next().unwrap(),
        |entry| {
            level += 1.0;
            level + entry
        },
    )
}

fn of_pairs(pairs: Eigenpairs) -> Vec<f64> {
    let mut all = numbers([&pairs.vectors]);
    all.extend(pairs.values);
    all.extend(pairs.next);
    all
}

/// Products with an operator, and what they add to `out`.
fn products(operator: &impl Operator, x: ArrayView2<f64>, out: &Array2<f64>) -> Result<Vec<f64>> {
    let product = operator.apply(x)?;
    let mut sum = out.clone();
    operator.apply_add(0.5, x, sum.view_mut())?;
    Ok(numbers([&product, &sum]))
}

pub(crate) fn doors(n: usize, rng: &mut impl Rng) -> Vec<Door> {
    let mut doors = eigensolvers(n, rng);
    doors.extend(decompositions(n, rng));
    doors.extend(operators(n, rng));
    doors
}

fn eigensolvers(n: usize, rng: &mut impl Rng) -> Vec<Door> {
    let a = graded(n, rng);
    let block = gaussian(n, 3, rng);
    let fits_block = |d: Shapes| is_square(d[0]) && d[1].0 == d[0].0 && (1..=d[0].0).contains(&d[1].1);
    let mut doors = vec![
        door(
            "linalg::symmetric_eigen",
            vec![a.clone()],
            |d| is_square(d[0]),
            |a| Ok(of_pairs(symmetric_eigen(a[0].view())?)),
        ),
        door(
            "linalg::PartialEigensolver::leading linalg::PartialEigensolver::observed_by",
            vec![a.clone()],
            |d| is_square(d[0]),
            |a| {
                let mut solver = PartialEigensolver::default().observed_by(Observer::default());
                Ok(of_pairs(solver.leading(a[0].view(), 1)?))
            },
        )
        .letting_through(|_, (i, j)| i < j), // the upper triangle is not read
        door(
            "linalg::leading_eigenpairs_of_update",
            vec![gaussian(n, 1, rng), gaussian(n, 2, rng), graded(2, rng)],
            |d| length(d[0]) > 0 && d[1] == (length(d[0]), d[2].1) && d[2].0 == d[2].1,
            |a| {
                let values = vector(&a[0]);
                Ok(of_pairs(leading_eigenpairs_of_update(values.view(), a[1].view(), a[2].view(), 1)?))
            },
        ),
        door("linalg::SubspaceIteration::leading", vec![a.clone(), block.clone()], fits_block, |a| {
            let found = SubspaceIteration::default().leading(&a[0].view(), 1, a[1].view())?.pairs;
            // Whichever way the vectors point, and however far the guards have come.
            Ok([found.values.to_vec(), numbers([&found.vectors.mapv(f64::abs)])].concat())
        })
        .finding_late(&[0]),
        door("linalg::ThickRestartLanczos::leading", vec![a.clone(), block.clone()], fits_block, |a| {
            let found = ThickRestartLanczos::default().leading(&a[0].view(), 1, Some(a[1].view()))?.pairs;
            Ok([found.values.to_vec(), numbers([&found.vectors.mapv(f64::abs)])].concat())
        })
        .finding_late(&[0]),
        door(
            "linalg::Lobpcg::leading",
            vec![a.clone(), block.clone(), Array2::eye(n)],
            move |d| fits_block(d) && d[2] == d[0],
            |a| {
                let preconditioner = a[2].view();
                let found =
                    Lobpcg::default().leading(&a[0].view(), Some(&preconditioner), 1, a[1].view())?.pairs;
                Ok([found.values.to_vec(), numbers([&found.vectors.mapv(f64::abs)])].concat())
            },
        )
        .finding_late(&[0, 2]),
        door(
            "linalg::Eigenpairs::certify linalg::Certificate::subspace_bound linalg::Eigenpairs::value_bounds",
            vec![a.clone(), gaussian(n, 2, rng), gaussian(2, 1, rng)],
            |d| d[0].0 == d[0].1 && d[1].0 == d[0].0 && length(d[2]) == d[1].1,
            |a| {
                let pairs = Eigenpairs { values: vector(&a[2]), vectors: a[1].clone(), next: Some(-9.0) };
                let found = pairs.certify(&a[0].view())?;
                let mut all = vec![found.residual_norm, found.orthogonality];
                all.extend(found.subspace_bound());
                all.extend(pairs.value_bounds(&found)?);
                all.extend(found.residuals);
                Ok(all)
            },
        )
        .finding_late(&[0, 1, 2]),
        door(
            "linalg::Eigenpairs::pair_bound",
            vec![gaussian(n, 2, rng), gaussian(2, 1, rng)],
            |d| d[0].0 >= 2,
            |a| {
                let pairs = Eigenpairs { values: vector(&a[1]), vectors: a[0].clone(), next: Some(-9.0) };
                Ok(pairs.pair_bound((0, 1), 0.01)?.into_iter().collect())
            },
        )
        .letting_through(|_, _| true), // no bound is a number then
        door(
            "linalg::count_above",
            vec![a.clone()],
            |d| is_square(d[0]),
            |a| Ok(vec![count_above(a[0].view(), 2.5)? as f64]),
        ),
    ];
    for method in [Method::Dense, Method::Chebyshev, Method::Lanczos, Method::Lobpcg] {
        doors.push(
            door("linalg::LeadingPairs::of", vec![a.clone(), block.clone()], fits_block, move |a| {
                let problem = LeadingPairs { start: Some(a[1].view()), method, ..LeadingPairs::default() };
                let found = problem.of(&a[0].view())?;
                Ok([found.pairs.values.to_vec(), numbers([&found.pairs.vectors.mapv(f64::abs)])].concat())
            })
            .finding_late(&[0]),
        );
    }
    for k in [1, 3] {
        doors.push(door(
            "linalg::leading_eigenpairs",
            vec![a.clone()],
            move |d| is_square(d[0]) && d[0].0 >= k,
            move |a| Ok(of_pairs(leading_eigenpairs(a[0].view(), k)?)),
        ));
    }
    for filter in [Filter::ShiftedPower { shift: 1.0 }, Filter::Chebyshev { degree: 3, low: -1.0, high: 2.0 }]
    {
        doors.push(
            door("linalg::Filter::step", vec![a.clone(), block.clone()], fits_block, move |a| {
                Ok(numbers([&filter.step(&a[0].view(), a[1].view())?]))
            })
            .finding_late(&[0]),
        );
    }
    doors
}

fn decompositions(n: usize, rng: &mut impl Rng) -> Vec<Door> {
    let (positive, tall) = (graded(n, rng), gaussian(n, 3, rng));
    let lower = Array2::from_shape_fn((n, n), |(i, j)| if i < j { 0.0 } else { positive[[i, j]] });
    let fits_rows = |d: Shapes| has_entries(d[0]) && d[1].0 == d[0].0;
    vec![
        door(
            "linalg::SpectralFactor::new linalg::SpectralFactor::power",
            vec![positive.clone()],
            |d| is_square(d[0]),
            |a| Ok(numbers([&SpectralFactor::new(a[0].view(), 0.0)?.power(-0.5)])),
        ),
        door(
            "linalg::SpectralFactor::inverse_of_full_rank",
            vec![positive.clone()],
            |d| is_square(d[0]),
            |a| Ok(numbers(&SpectralFactor::inverse_of_full_rank(a[0].view(), 0.0)?)),
        ),
        door(
            "linalg::thin_svd linalg::ThinSvd::rank",
            vec![tall.clone()],
            |d| has_entries(d[0]),
            |a| {
                let svd = thin_svd(a[0].view())?;
                Ok([numbers([&svd.u, &svd.vt]), svd.singular_values.to_vec(), vec![svd.rank() as f64]]
                    .concat())
            },
        ),
        door(
            "linalg::sine_between",
            vec![tall.clone(), gaussian(n, 2, rng)],
            |d| d[0].0 == d[1].0 && has_entries(d[0]) && has_entries(d[1]),
            |a| Ok(vec![sine_between(a[0].view(), a[1].view(), 1)?]),
        ),
        door("linalg::least_squares", vec![tall.clone(), gaussian(n, 2, rng)], fits_rows, |a| {
            Ok(numbers([&least_squares(a[0].view(), a[1].view())?]))
        }),
        // More columns than rows go another way.
        door("linalg::least_squares", vec![gaussian(3, n, rng), gaussian(3, 2, rng)], fits_rows, |a| {
            Ok(numbers([&least_squares(a[0].view(), a[1].view())?]))
        }),
        door(
            "linalg::cholesky",
            vec![positive],
            |d| is_square(d[0]),
            |a| Ok(numbers([&cholesky(a[0].view())?])),
        ),
        door(
            "linalg::solve_lower linalg::solve_lower_transposed",
            vec![lower, gaussian(n, 2, rng)],
            |d| d[0].0 == d[0].1 && d[1].0 == d[0].0,
            |a| {
                let down = solve_lower(a[0].view(), a[1].view())?;
                Ok(numbers([&down, &solve_lower_transposed(a[0].view(), a[1].view())?]))
            },
        )
        .letting_through(|argument, (i, j)| argument == 0 && i < j), // not read
    ]
}

fn operators(n: usize, rng: &mut impl Rng) -> Vec<Door> {
    let (a, inverse) = (graded(n, rng), graded(n, rng));
    let (x, out) = (gaussian(n, 2, rng), gaussian(n, 2, rng));
    let fits = |d: Shapes| d[0].0 == d[0].1 && d[1].0 == d[0].0 && d[2] == d[1];
    vec![
        door(
            "linalg::Operator::apply linalg::Operator::apply_add linalg::Operator::check linalg::Operator::order",
            vec![a.clone(), x.clone(), out.clone()],
            fits,
            |a| {
                let operator = a[0].view();
                operator.check()?;
                assert_eq!(operator.order(), operator.nrows());
                products(&operator, a[1].view(), &a[2])
            },
        )
        .finding_late(&[0, 2]),
        door("linalg::Operator::apply", vec![a.clone(), x.clone(), out.clone()], fits, |a| {
            let operator = Affine { identity: 2.0, weight: -1.0, operator: a[0].view() };
            products(&&operator, a[1].view(), &a[2])
        })
        .finding_late(&[0, 2]),
        door(
            "linalg::Woodbury::new",
            vec![a, gaussian(n, 2, rng), graded(2, rng), x.clone(), out.clone()],
            |d| {
                let of_update = d[1] == (d[0].0, d[2].0) && d[2].0 == d[2].1;
                d[0].0 == d[0].1 && of_update && d[3].0 == d[0].0 && d[4] == d[3]
            },
            |a| {
                let operator = Woodbury::new(a[0].view(), a[1].view(), a[2].view())?;
                products(&operator, a[3].view(), &a[4])
            },
        )
        .finding_late(&[0, 4]),
        door(
            "linalg::KernelShiftInvert::new",
            vec![inverse, graded(n, rng), x, out],
            |d| is_square(d[0]) && d[1] == d[0] && d[2].0 == d[0].0 && d[3] == d[2],
            |a| {
                let operator = KernelShiftInvert::new(&a[0].view(), a[1].view(), 0.5)?;
                products(&operator, a[2].view(), &a[3])
            },
        )
        .finding_late(&[0, 3]),
    ]
}
