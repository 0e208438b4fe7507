//! Every public function of the rooms is in a list.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

const ROOMS: [&str; 9] =
    ["linalg", "kernel", "graph", "loss", "autodiff", "closed_form", "probe", "model", "active"];

/// Why some functions have no door, and which they are.
const EXEMPT: &[(&str, &str)] = &[
    (
        "shapes and layouts are the caller's duty, as the name says",
        "linalg::Operator::apply_add_unchecked linalg::Operator::apply_unchecked \
         loss::Loss::evaluate_unchecked",
    ),
    (
        "takes numbers, names or labels, and tests/graph/inputs.rs, tests/data.rs, tests/pairs.rs and tests/queries refuse bad ones",
        "graph::SimilarityGraph::views graph::SimilarityGraph::identity graph::SimilarityGraph::labels \
         graph::SimilarityGraph::contrastive_labels graph::SimilarityGraph::pairs \
         graph::SimilarityGraph::entry graph::SimilarityGraph::on_views graph::redraw_labels \
         closed_form::supervised active::strategy active::discover active::discovery_cost \
         active::most_discovery_cost active::placement_probability active::random_pairs \
         active::StoppingRule::is_met active::BeliefOptions::require_valid \
         graph::NeighbourSearch::require_valid",
    ),
    (
        "takes counts or numbers, and tests/kernel.rs, tests/autodiff, tests/batches.rs, tests/model.rs and tests/magnitudes.rs refuse bad ones",
        "kernel::RadialKernel::check kernel::RadialKernel::length_scale kernel::RadialKernel::of_unit_length \
         kernel::RadialKernel::at_squared_distance kernel::RadialKernel::frequencies linalg::random_block \
         autodiff::ColumnTable::new autodiff::Tape::new autodiff::Tape::reusing autodiff::Tape::into_buffers model::Network::linear model::Network::mlp \
         model::Network::projector model::Network::convolutional model::Network::residual model::Schedule::rate model::Schedule::peak model::Schedule::with_peak model::Batches::new model::Batches::with_known",
    ),
    (
        "says what a checked constructor made",
        "graph::ContrastiveGraph::positives graph::DenseGraph::matrix graph::LabelGraph::blocks \
         graph::LabelGraph::class_of graph::LabelGraph::number_of_classes graph::LabelGraph::known \
         graph::LowRankGraph::factor graph::LowRankGraph::weights graph::PairGraph::entries \
         graph::PairGraph::row graph::PairGraph::stored graph::SimilarityGraph::len \
         graph::SimilarityGraph::terms graph::ViewGraph::samples graph::ViewGraph::views \
         autodiff::ColumnTable::inputs autodiff::ColumnTable::outputs model::Model::architecture \
         model::Model::parameters_mut model::Model::buffers_mut model::Projected::new model::Projected::into_encoder model::Batches::views model::Batches::per_epoch model::Batches::draw \
         active::WarmStart::clusters active::WarmStart::eigenvalues active::WarmStart::features \
         active::WarmStart::graph active::WarmStart::recall active::WarmStart::len active::WarmStart::micro_clusters \
         active::WarmStart::number_of_clusters active::WarmStart::number_of_micro_clusters \
         active::Belief::answers active::Belief::asked active::Belief::asked_since_a_class_was_found \
         active::Belief::classes active::Belief::confidence active::Belief::doubts \
         active::Belief::doubts_about_samples active::Belief::graph active::Belief::len \
         active::Belief::number_of_classes active::Belief::predictions active::Belief::probabilities \
         active::Belief::start active::Belief::variances active::Doubt::expected_wrong_pairs \
         active::remaining_error",
    ),
    (
        "takes samples by their number: `samples_that_are_not_there_are_refused`",
        "active::Belief::learn active::Belief::learn_all active::Belief::suppose active::Belief::skip \
         active::Belief::answer active::Belief::was_asked active::Belief::probability_same \
         active::Belief::question active::next_label",
    ),
    (
        "takes slices: `partitions_of_other_lengths_are_refused_and_classes_are_any_numbers`",
        "probe::adjusted_rand_index probe::matched_accuracy",
    ),
    (
        "takes a belief, and doubts that are its own",
        "active::PairStrategy::propose active::PairStrategy::propose_batch active::Ranked::by \
         active::Ranked::with_diversity active::Ranked::with_price active::Score::doubts \
         active::Score::scores",
    ),
    ("a loop of others", "active::ask active::ask_captcha active::ask_pairs active::learning_curve"),
    ("needs a file: tests/checkpoints.rs", "model::Trainer::resume"),
    (
        "is part of the feature of files, or what such an encoder is made of: tests/encoder.rs refuses bad shapes and widths",
        "model::Encoder::train model::Encoder::embed model::Encoder::require_shape model::Encoder::load model::Encoder::save \
         model::Encoder::shape model::Encoder::outputs model::Encoder::loss model::Encoder::network model::Architecture::of \
         model::Architecture::outputs model::Architecture::network model::Architecture::projected model::default_augmentation model::default_training model::default_loss",
    ),
    ("says what a name means: tests/session/learn.rs", "loss::NamedLoss::takes_negative_weights"),
];

/// The public functions of a source file: `Owner::name` of methods and of what traits declare, `name` of others.
fn functions(text: &str) -> Vec<String> {
    let (mut owner, mut is_trait, mut found) = (None, false, Vec::new());
    for line in text.lines().take_while(|line| *line != "#[cfg(test)]") {
        if line.starts_with("impl") || line.starts_with("pub trait") {
            is_trait = line.starts_with("pub trait");
            owner = Some(owner_of(line));
        } else if line.starts_with('}') {
            owner = None;
        }
        let declared = match &owner {
            None => line.strip_prefix("pub fn "),
            Some(_) if is_trait => line.strip_prefix("    fn "),
            Some(_) => line.strip_prefix("    pub fn "),
        };
        let Some(declared) = declared else { continue };
        let name: String = declared.chars().take_while(|&c| c.is_alphanumeric() || c == '_').collect();
        found.push(owner.as_ref().map_or(name.clone(), |owner| format!("{owner}::{name}")));
    }
    found
}

/// The name of the type or trait whose block begins in this line.
fn owner_of(line: &str) -> String {
    let mut rest = line.trim_start_matches("pub trait ").trim_start_matches("impl");
    if rest.starts_with('<') {
        let mut depth = 0;
        let end = rest.char_indices().find(|&(_, c)| {
            depth += i32::from(c == '<') - i32::from(c == '>');
            depth == 0
        });
        rest = &rest[end.expect("generics end").0 + 1..];
    }
    let rest = rest.split(" for ").last().expect("a block has an owner").trim();
    rest.chars().take_while(|&c| c.is_alphanumeric() || c == '_').collect()
}

fn collect(folder: &Path, room: &str, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a room is a folder") {
        let path = entry.expect("it can be read").path();
        if path.is_dir() {
            collect(&path, room, found);
        } else {
            let text = fs::read_to_string(&path).expect("a source file can be read");
            found.extend(functions(&text).into_iter().map(|name| format!("{room}::{name}")));
        }
    }
}

#[test]
fn every_public_function_is_listed() {
    let mut there = BTreeSet::new();
    for room in ROOMS {
        collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(room), room, &mut there);
    }
    let doors = super::doors(6, 0);
    let mut listed: BTreeMap<&str, &str> =
        doors.iter().flat_map(|door| door.names.split_whitespace()).map(|name| (name, "a door")).collect();
    for (reason, names) in EXEMPT {
        for name in names.split_whitespace() {
            assert_eq!(listed.insert(name, reason), None, "{name} is exempt and has a door");
        }
    }
    let missing: Vec<_> = there.iter().filter(|name| !listed.contains_key(name.as_str())).collect();
    assert!(missing.is_empty(), "not in a list: {missing:#?}");
    let gone: Vec<_> = listed.keys().filter(|name| !there.contains(**name)).collect();
    assert!(gone.is_empty(), "listed, but not there: {gone:#?}");
}

#[test]
fn functions_are_found() {
    let text = "pub fn free<F>(x: F) {\n}\nimpl<K: A<B>> Kernel<K> {\n    pub fn new() {}\n    pub(crate) fn no() {}\n}\n\
                pub trait Loss<F>: Sync {\n    fn value();\n}\nimpl<F> Loss<F> for Ridge {\n    fn value() {}\n}\n\
                #[cfg(test)]\nmod tests {\n}\npub fn test() {}\n";
    assert_eq!(functions(text), ["free", "Kernel::new", "Loss::value"]);
}
