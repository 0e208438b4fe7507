use pal::kernel::{
    Exponential, Gaussian, Landmarks, Nystrom, RandomFeatures, cross_gram, cross_gram_into, gram,
    leverage_scores,
};
use rand::Rng;

use crate::door::{Door, Shapes, door, has_entries, numbers};
use crate::support::{self, gaussian};

pub(crate) fn doors(n: usize, rng: &mut impl Rng) -> Vec<Door> {
    let fits = |d: Shapes| has_entries(d[1]) && d[0].1 == d[1].1;
    let mut doors = Vec::new();
    // Few coordinates, and so many that distances come from a product.
    for p in [2, 20] {
        let (x, y) = (gaussian(n, p, rng), gaussian(n + 3, p, rng));
        let out = gaussian(n + 3, n, rng);
        doors.extend([
            door(
                "kernel::gram",
                vec![x.clone()],
                |d| has_entries(d[0]),
                |a| Ok(numbers([&gram(&Gaussian { sigma: 2.0 }, a[0].view())?])),
            ),
            door("kernel::cross_gram", vec![y.clone(), x.clone()], fits, |a| {
                Ok(numbers([&cross_gram(&Exponential { sigma: 0.5 }, a[0].view(), a[1].view())?]))
            }),
            door(
                "kernel::cross_gram_into",
                vec![y.clone(), x.clone(), out],
                move |d| fits(d) && d[2] == (d[0].0, d[1].0),
                |a| {
                    let mut out = a[2].clone();
                    cross_gram_into(&Exponential { sigma: 0.5 }, a[0].view(), a[1].view(), out.view_mut())?;
                    Ok(numbers([&out]))
                },
            )
            .letting_through(|argument, _| argument == 2), // written over
            door(
                "kernel::RandomFeatures::new kernel::RandomFeatures::features",
                vec![y.clone()],
                move |d| d[0].1 == p,
                move |a| {
                    let kernel = Gaussian { sigma: 1.0 };
                    let features = RandomFeatures::new(&kernel, 5, p, &mut support::rng(0))?;
                    Ok(numbers([&features.features(a[0].view())?]))
                },
            ),
        ]);
        doors.push(door(
            "kernel::Landmarks::choose",
            vec![y.clone()],
            |d| has_entries(d[0]) && d[0].0 >= 3,
            |a| {
                let rules = [Landmarks::Uniform, Landmarks::LeverageScores, Landmarks::KMeans { rounds: 2 }];
                let mut all = Vec::new();
                for rule in rules {
                    let kernel = Exponential { sigma: 0.5 };
                    all.extend(rule.choose(&kernel, a[0].view(), 3, &mut support::rng(0))?);
                }
                Ok(all)
            },
        ));
        doors.push(door(
            "kernel::leverage_scores",
            vec![y.clone(), x],
            move |d| has_entries(d[0]) && d[1].0 > 0 && d[1].1 == d[0].1,
            |a| Ok(leverage_scores(&Exponential { sigma: 0.5 }, a[0].view(), a[1].view(), 0.1)?.to_vec()),
        ));
        let landmarks = gaussian(5, p, rng);
        doors.push(door(
            "kernel::Nystrom::new kernel::Nystrom::features",
            vec![y.clone(), landmarks.clone()],
            fits,
            |a| {
                let nystrom = Nystrom::new(Exponential { sigma: 0.5 }, a[1].view())?;
                Ok(numbers([&nystrom.features(a[0].view())?]))
            },
        ));
        let out = gaussian(n + 3, 5, rng);
        doors.push(
            door(
                "kernel::Nystrom::features_into",
                vec![y.clone(), landmarks.clone(), out],
                move |d| fits(d) && d[2] == (d[0].0, d[1].0),
                |a| {
                    let mut out = a[2].clone();
                    let nystrom = Nystrom::new(Exponential { sigma: 0.5 }, a[1].view())?;
                    nystrom.features_into(a[0].view(), out.view_mut())?;
                    Ok(numbers([&out]))
                },
            )
            .letting_through(|argument, _| argument == 2), // written over
        );
        doors.push(door("kernel::Nystrom::gram", vec![y, landmarks], fits, |a| {
            let nystrom = Nystrom::new(Exponential { sigma: 0.5 }, a[1].view())?;
            Ok(numbers([&nystrom.gram(a[0].view())?]))
        }));
    }
    doors
}
