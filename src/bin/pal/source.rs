//! Where features and labels come from: npy, npz and text files, and the data sets that are part of the program.

use std::collections::BTreeMap;
use std::path::Path;

use ndarray::{Array2, ArrayD, Ix2};
use pal::data::augment::ImageShape;
use pal::data::images::{Colour, ImageOptions, Images, read_images};
use pal::data::io::{
    CsvOptions, Decimal, Delimiter, Header, TableFile, TextColumn, TextEncoding, is_missing, npz_names,
    read_npy, read_npz,
};
use pal::data::{self, Labelled, Labels};
use pal::session::Reading;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error as NameError;

use crate::failure::{Failure, Result};
use crate::output::Output;

/// How the help describes a source of features.
pub(crate) const FEATURES_HELP: &str = "\
Features, a row a sample: an .npy file (two axes, any real numbers; three or four, images with their channels last), an \
array of an .npz file, a table of text (.csv, .tsv or .txt, with or without a header), a folder of png and jpeg images, or one \
of bundled:iris, bundled:wine, bundled:breast_cancer, bundled:digits, bundled:mnist";

const BUNDLED: &str = "bundled:";

/// Its name, what reads it, and the shape of its images if it has some.
type Bundled = (&'static str, fn() -> pal::Result<Labelled>, Option<ImageShape>);

const SETS: [Bundled; 5] = [
    ("bundled:iris", data::iris, None),
    ("bundled:wine", data::wine, None),
    ("bundled:breast_cancer", data::breast_cancer, None),
    ("bundled:digits", data::digits, Some(data::DIGITS_SHAPE)),
    ("bundled:mnist", data::mnist, Some(data::MNIST_SHAPE)),
];

/// Headings of the help. Each option names its own: one for a whole group would go on to the options after it.
const OF_FEATURES: &str = "Reading features";
const OF_LABELS: &str = "Reading labels";

/// How files of features are read.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ReadingArgs {
    /// Whether the first row of a table of text names the columns: auto, present or absent. What auto finds is stated
    #[arg(help_heading = OF_FEATURES, long, value_name = "WHETHER", default_value = "auto", value_parser = named::<Header>)]
    header: Header,
    /// What separates the cells of a table of text: auto, comma, semicolon, tab or bar
    #[arg(help_heading = OF_FEATURES, long, value_name = "NAME", default_value = "auto", value_parser = named::<Delimiter>)]
    delimiter: Delimiter,
    /// What sets off the decimals in a table of text: point or comma
    #[arg(help_heading = OF_FEATURES, long, value_name = "NAME", default_value = "point", value_parser = named::<Decimal>)]
    decimal: Decimal,
    /// How a table of text is encoded: utf-8, latin1, utf-16le, … A byte-order mark comes first
    #[arg(help_heading = OF_FEATURES, long, value_name = "LABEL", default_value_t)]
    encoding: TextEncoding,
    /// Keep a column of a table of text that merely counts the rows; else it is left out, with a warning
    #[arg(help_heading = OF_FEATURES, long)]
    keep_index: bool,
    /// The column of a table of text, by name or by number from 1, that names the samples: shown in questions, reports and
    /// exports
    #[arg(help_heading = OF_FEATURES, long, value_name = "COLUMN", allow_negative_numbers = true)]
    names: Option<String>,
    /// Columns of a table of text to leave out, by name or by number from 1, separated by commas
    #[arg(help_heading = OF_FEATURES, long, value_name = "COLUMNS", value_delimiter = ',', allow_negative_numbers = true)]
    drop: Vec<String>,
    /// The array of an .npz file
    #[arg(help_heading = OF_FEATURES, long, value_name = "NAME")]
    array: Option<String>,
    /// Bring all images of a folder to a square of so many pixels a side, stretched if they are none
    #[arg(help_heading = OF_FEATURES, long, value_name = "N", allow_negative_numbers = true)]
    side: Option<usize>,
    /// Turn all images of a folder into grey or rgb; asis takes them as they are, and they must be one or the other
    #[arg(help_heading = OF_FEATURES, long, value_name = "NAME", default_value = "asis", value_parser = named::<Colour>)]
    colour: Colour,
    /// Read the images of the folders in a folder as well
    #[arg(help_heading = OF_FEATURES, long)]
    subfolders: bool,
}

/// A choice by its name.
fn named<T: for<'de> Deserialize<'de>>(name: &str) -> Result<T, String> {
    T::deserialize(name.into_deserializer()).map_err(|error: NameError| error.to_string())
}

/// How files of labels are read.
#[derive(Clone, Debug, PartialEq, clap::Args)]
pub(crate) struct LabelReading {
    /// Whether the first row of a table of text with the labels names the columns: auto, present or absent
    #[arg(help_heading = OF_LABELS, long, value_name = "WHETHER", default_value = "auto", value_parser = named::<Header>)]
    labels_header: Header,
    /// The column of a table of text, by name or by number from 1, or the array of an .npz file, that holds the labels
    /// [default: the last column]
    #[arg(help_heading = OF_LABELS, long, value_name = "COLUMN", allow_negative_numbers = true)]
    labels_column: Option<String>,
}

impl From<&ReadingArgs> for Reading {
    fn from(given: &ReadingArgs) -> Self {
        let given = given.clone();
        let ReadingArgs { header, delimiter, decimal, encoding, keep_index, names, drop, array, .. } = given;
        let images = ImageOptions { side: given.side, colour: given.colour, subfolders: given.subfolders };
        Self { header, delimiter, decimal, encoding, keep_index, names, drop, array, images }
    }
}

impl ReadingArgs {
    /// Whether no option was given, or none that changes anything.
    pub(crate) fn is_default(&self) -> bool {
        let default = Reading { header: Header::Auto, delimiter: Delimiter::Auto, ..Reading::default() };
        Reading::from(self) == default
    }
}

/// Options that ask for something another kind of file has.
fn require_kind(reading: &Reading, source: &str, kind: Option<Kind>) -> Result<()> {
    let ImageOptions { side, colour, subfolders } = reading.images;
    for (option, is_given, of, expected) in [
        ("--names", reading.names.is_some(), Kind::Text, "a table of text"),
        ("--drop", !reading.drop.is_empty(), Kind::Text, "a table of text"),
        ("--array", reading.array.is_some(), Kind::Npz, "an .npz file"),
        ("--side", side.is_some(), Kind::Folder, "a folder of images"),
        ("--colour", colour != Colour::AsIs, Kind::Folder, "a folder of images"),
        ("--subfolders", subfolders, Kind::Folder, "a folder of images"),
    ] {
        if is_given && kind != Some(of) {
            return Err(unfit(option, source, "another kind of features".into(), expected));
        }
    }
    Ok(())
}

/// Features as they were read.
pub(crate) struct Features {
    /// The numbers, `(n, p)`.
    pub(crate) numbers: Array2<f64>,
    /// How the numbers of a sample stand if it is an image, and as a vector.
    pub(crate) shape: ImageShape,
    /// The samples' names: a column of them that was asked for, or the files of images.
    pub(crate) names: Vec<String>,
    /// Whether the first row named the columns; `None` if they are no table of text.
    pub(crate) header: Option<bool>,
    /// Columns that count the rows and were left out.
    pub(crate) left_out: Vec<String>,
    /// What the columns are called.
    columns: Columns,
}

impl Features {
    /// The columns that are constant but for rounding; says so.
    pub(crate) fn constant(&self, source: &str, output: Output) -> Vec<String> {
        let constant = data::constant_columns(self.numbers.view());
        let constant: Vec<String> = constant.into_iter().map(|at| self.columns.name(at)).collect();
        if !constant.is_empty() {
            output.note(format_args!(
                "{source}: constant but for rounding, and left out of distances: {}",
                listed("column", &constant)
            ));
        }
        constant
    }
}

/// The names of columns in a source, or their numbers there.
struct Columns(Vec<String>);

impl Columns {
    /// What the column with this place, counted from 0, is called: by number, counted from 1, where it has no name.
    fn name(&self, at: usize) -> String {
        let name = self.0.get(at).filter(|name| !name.is_empty());
        name.cloned().unwrap_or_else(|| (at + 1).to_string())
    }
}

/// Names that a sentence lists.
const MOST_LISTED: usize = 20;

/// A few of the names, and how many they are if those are more: `columns a, b`.
fn listed(what: &str, names: &[String]) -> String {
    let shown = names.iter().take(MOST_LISTED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len() {
        1 => format!("{what} {shown}"),
        count if count <= MOST_LISTED => format!("{what}s {shown}"),
        count => format!("{count} {what}s: {shown}, …"),
    }
}

/// Reads features, and says what was guessed of them.
pub(crate) fn features(source: &str, reading: &Reading, output: Output) -> Result<Features> {
    let kind = Kind::of("features", source)?;
    require_kind(reading, source, kind)?;
    let Images { numbers, shape, names } = match kind {
        None => {
            let (set, shape) = bundled(source)?;
            as_images(set.inputs, shape)
        }
        Some(Kind::Npy) => images(source, read_npy(source)?)?,
        Some(Kind::Npz) => images(source, array(source, "--array", reading.array.as_deref())?)?,
        Some(Kind::Text) => return table(source, reading, output),
        Some(Kind::Folder) => {
            let images = read_images(source, &reading.images)?;
            let ImageShape { height, width, channels } = images.shape;
            let colours = if channels == 1 { "grey" } else { "RGB" };
            let count = images.names.len();
            output.note(format_args!("{source}: {count} images of {width} × {height} pixels, {colours}"));
            images
        }
    };
    Ok(Features { numbers, shape, names, header: None, left_out: Vec::new(), columns: Columns(Vec::new()) })
}

fn table(source: &str, reading: &Reading, output: Output) -> Result<Features> {
    let found = TableFile::read(source, &reading.csv_options())?;
    let (rows, columns) = found.table.inputs.dim();
    output.note(format_args!(
        "{source}: {rows} rows of {columns} numbers, {}",
        dialect(found.header, found.delimiter, found.comment_lines)
    ));
    if found.has_names_like_numbers {
        output.warning(format_args!(
            "{source}: the first row is taken for a sample but looks like names of columns: --header=present or \
             --header=absent decides"
        ));
    }
    if !found.row_numbers.is_empty() {
        output.warning(format_args!(
            "{source}: index column {} merely counts the rows and is left out; --keep-index keeps it",
            found.row_numbers.join(", ")
        ));
    }
    Ok(Features {
        shape: ImageShape::vector(found.table.inputs.ncols()),
        numbers: found.table.inputs,
        names: found.sample_names.unwrap_or_default(),
        header: Some(found.header),
        left_out: found.row_numbers,
        columns: Columns(found.columns),
    })
}

/// How a table of text was found to be written.
fn dialect(header: bool, delimiter: Delimiter, comment_lines: usize) -> String {
    let header = if header { "the first row names the columns" } else { "no row names the columns" };
    let delimiter = format!("{delimiter:?}").to_lowercase();
    let comments = match comment_lines {
        0 => String::new(),
        1 => ", 1 comment line".to_owned(),
        lines => format!(", {lines} comment lines"),
    };
    format!("{header}, delimiter {delimiter}{comments}")
}

/// Two axes, or the three or four of images.
fn images(source: &str, array: ArrayD<f64>) -> Result<Images> {
    let shape = array.shape().to_vec();
    if matches!(shape.len(), 3 | 4) {
        return Images::from_array(array).map_err(|error| {
            unfit("features", source, error.to_string(), "(n, height, width) or (n, height, width, 1 or 3)")
        });
    }
    let matrix = array.into_dimensionality::<Ix2>().map_err(|_| {
        let found = format!("an array of shape {shape:?}");
        unfit("features", source, found, "two axes, a row a sample; one number a sample is shape [n, 1]")
    })?;
    Ok(as_images(matrix, None))
}

/// Rows of this shape, or else vectors.
fn as_images(numbers: Array2<f64>, shape: Option<ImageShape>) -> Images {
    let shape = shape.unwrap_or(ImageShape::vector(numbers.ncols()));
    Images { numbers, shape, names: Vec::new() }
}

/// The array called `name` of an npz file, or its only one.
fn array(source: &str, option: &str, name: Option<&str>) -> Result<ArrayD<f64>> {
    let names = npz_names(source)?;
    match (name, &names[..]) {
        (Some(name), _) => Ok(read_npz(source, name)?),
        (None, [name]) => Ok(read_npz(source, name)?),
        _ => {
            let (found, expected) =
                (format!("arrays {names:?}"), format!("one of them named by {option}=NAME"));
            Err(Failure::Unfit { what: source.to_owned(), found, expected })
        }
    }
}

/// The class of each of `samples`, numbered in the order of the names, and whether a header was found; says what was found.
pub(crate) fn labels(
    source: &str,
    samples: usize,
    reading: &Reading,
    of_labels: &LabelReading,
    output: Output,
) -> Result<(Labels, Option<bool>)> {
    let column = of_labels.labels_column.as_deref();
    let kind = Kind::of("labels", source)?;
    if column.is_some() && !matches!(kind, Some(Kind::Npz | Kind::Text)) {
        return Err(unfit(
            "--labels-column",
            source,
            "another kind of labels".into(),
            "a table or an .npz file",
        ));
    }
    let (mut header, mut place) = (None, String::new());
    let names = match kind {
        None => bundled(source)?.0.labels.iter().map(|class| class.unwrap_or_default().to_string()).collect(),
        Some(Kind::Npy) => numbers(source, &read_npy(source)?)?,
        Some(Kind::Npz) => numbers(source, &array(source, "--labels-column", column)?)?,
        Some(Kind::Text) => {
            let options = CsvOptions { header: of_labels.labels_header, ..reading.csv_options() };
            let found = TextColumn::read(source, &options, column)?;
            header = Some(found.header);
            let (column, columns) = found.column;
            let dialect = dialect(found.header, found.delimiter, found.comment_lines);
            place = format!(" in column {column} of {columns}, {dialect}");
            class_names(source, &found.cells)?
        }
        Some(Kind::Folder) => return Err(unfit("labels", source, "a folder".into(), "a file of labels")),
    };
    if names.len() != samples {
        let hint = match header {
            Some(true) => "; if its first row holds a label, say --labels-header=absent",
            Some(false) => "; if its first row names the columns, say --labels-header=present",
            None => "",
        };
        let (found, expected) = (format!("{} labels", names.len()), format!("{samples}, one a sample{hint}"));
        return Err(unfit("labels", source, found, &expected));
    }
    let mut classes = names.clone();
    classes.sort_unstable();
    classes.dedup();
    output.note(format_args!("{source}: {samples} labels of {}{place}", classes_of(&classes)));
    let class_of = names.iter().map(|name| classes.partition_point(|class| class < name)).collect();
    Ok((Labels::new(class_of, classes.len())?, header))
}

/// How many classes there are; a single one by its name, as labels that are one by mistake look.
fn classes_of(classes: &[String]) -> String {
    match classes {
        [only] => format!("the one class {only:?}"),
        several => format!("{} classes", several.len()),
    }
}

/// One class a sample.
fn numbers(source: &str, array: &ArrayD<f64>) -> Result<Vec<String>> {
    let other_axes = array.shape().iter().filter(|&&length| length > 1).count();
    if other_axes > 1 {
        let found = format!("an array of shape {:?}", array.shape());
        return Err(unfit("labels", source, found, "one class a sample"));
    }
    Ok(array.iter().map(|&number| plain(number)).collect())
}

/// The shortest text of a number; both zeros are one.
fn plain(number: f64) -> String {
    (number + 0.0).to_string()
}

/// The names of the classes in cells, each with its line.
///
/// Numbers are one class if they are equal, however they are written: `1` and `1.0`, `0.0` and `-0.0`. A number of more than
/// 15 digits, or with a zero in front, is a name like any other, `01` a code; where `1` stands as well, it is not clear what is
/// meant, and that is an error, as is a label that is missing.
fn class_names(source: &str, cells: &[(usize, String)]) -> Result<Vec<String>> {
    let mut names = Vec::with_capacity(cells.len());
    let mut codes: BTreeMap<String, (usize, &str)> = BTreeMap::new();
    for (line, cell) in cells {
        if is_missing(cell) {
            let found = format!("line {line}: {cell:?}");
            return Err(unfit("labels", source, found, "a label, and none that means a missing value"));
        }
        let number = cell.parse::<f64>().ok().filter(|number| number.is_finite());
        let unsigned = cell.trim_start_matches(['+', '-']).as_bytes();
        let has_zero_in_front = matches!(unsigned, [b'0', b'0'..=b'9', ..]);
        let digits =
            unsigned.iter().take_while(|byte| !b"eE".contains(byte)).filter(|byte| byte.is_ascii_digit());
        names.push(match number {
            Some(number) if has_zero_in_front => {
                codes.entry(plain(number)).or_insert((*line, cell));
                cell.clone()
            }
            Some(number) if digits.count() <= f64::DIGITS as usize => plain(number),
            _ => cell.clone(),
        });
    }
    for (name, (at, cell)) in names.iter().zip(cells) {
        if let Some((line, code)) = codes.get(name) {
            let found = format!("line {line}: {code:?} and line {at}: {cell:?}");
            return Err(unfit("labels", source, found, "the same class written in one way"));
        }
    }
    Ok(names)
}

fn bundled(source: &str) -> Result<(Labelled, Option<ImageShape>)> {
    match SETS.iter().find(|(name, ..)| *name == source) {
        Some((_, read, shape)) => Ok((read()?, *shape)),
        None => {
            Err(Failure::NotBundled { given: source.to_owned(), known: SETS.map(|(name, ..)| name).to_vec() })
        }
    }
}

/// What a file is by its name's ending, in any case, or as a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Npy,
    Npz,
    Text,
    /// Of images.
    Folder,
}

impl Kind {
    /// `None` if it is no file but part of the program.
    fn of(argument: &str, source: &str) -> Result<Option<Self>> {
        if source.starts_with(BUNDLED) {
            return Ok(None);
        }
        let extension = Path::new(source).extension().unwrap_or_default().to_ascii_lowercase();
        match extension.to_str() {
            Some("npy") => Ok(Some(Self::Npy)),
            Some("npz") => Ok(Some(Self::Npz)),
            Some("csv" | "tsv" | "txt") => Ok(Some(Self::Text)),
            _ if Path::new(source).is_dir() => Ok(Some(Self::Folder)),
            _ => Err(unfit(
                argument,
                source,
                "another kind of file".into(),
                "a name that ends in .npy or .csv, .npz, .tsv or .txt, a folder of images, or bundled:NAME",
            )),
        }
    }
}

fn unfit(argument: &str, source: &str, found: String, expected: &str) -> Failure {
    Failure::Unfit { what: format!("{argument} {source}"), found, expected: expected.to_owned() }
}
