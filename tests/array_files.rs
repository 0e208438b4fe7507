//! Files of arrays and tables against what they promise.
#![cfg(feature = "files")]

use std::fs;
use std::path::{Path, PathBuf};

use ndarray::{Array1, Array2, ArrayD, IxDyn, ShapeBuilder, array, aview1, s};
use ndarray_npy::WriteNpyExt;
use pal::Error;
use pal::data::io::{
    CsvOptions, Header, LastColumn, Table, npz_names, read_npy, read_npz, write_npy, write_npz,
};
use pal::data::{Labels, breast_cancer, digits, iris, wine};
use proptest::prelude::*;

proptest! {
    #[test]
    fn npy_returns_every_bit(array in matrix(), fortran: bool) {
        let path = temporary("a.npy");
        let array = if fortran { array.t().as_standard_layout().reversed_axes().to_owned() } else { array };
        write_npy(path.path(), &array).unwrap();
        let back: Array2<f64> = read_npy(path.path()).unwrap();
        prop_assert!(same_bits(&back, &array));
    }

    #[test]
    fn npz_returns_every_bit(a in matrix(), b in matrix()) {
        let path = temporary("a.npz");
        write_npz(path.path(), &[("second", a.view().into()), ("first", b.view().into())]).unwrap();
        prop_assert_eq!(npz_names(path.path()).unwrap(), ["second", "first"]);
        prop_assert!(same_bits(&read_npz(path.path(), "second").unwrap(), &a));
        prop_assert!(same_bits(&read_npz(path.path(), "first").unwrap(), &b));
    }

    #[test]
    fn csv_returns_every_bit(
        inputs in matrix(),
        seed in proptest::collection::vec(proptest::option::weighted(0.8, 0_usize..4), 9),
        name in "\\PC{1,6}",
    ) {
        let path = temporary("a.csv");
        let (n, p) = inputs.dim();
        let bare = Table { names: vec![], inputs, labels: None };
        bare.write(path.path()).unwrap();
        let back = Table::read(path.path(), &CsvOptions::default()).unwrap();
        prop_assert!(same_bits(&back.inputs, &bare.inputs));
        prop_assert_eq!(back, bare.clone());

        let mut class_of = seed[..n].to_vec();
        class_of[n - 1] = Some(3);
        let labels = Some(Labels::partial(class_of, 4).unwrap());
        let names = (0..=p).map(|column| format!("{column}{name},\"{column}")).collect();
        let full = Table { names, labels, ..bare };
        full.write(path.path()).unwrap();
        let options = CsvOptions { header: Header::Present, last_column: LastColumn::Label, ..CsvOptions::default() };
        prop_assert_eq!(Table::read(path.path(), &options).unwrap(), full);
    }
}

#[test]
fn bundled_sets_are_what_the_readers_find_in_their_files() {
    for (set, name, unit) in [
        (iris(), "iris", 1.0),
        (wine(), "wine", 1.0),
        (breast_cancer(), "breast_cancer", 1.0),
        (digits(), "digits", 16.0),
    ] {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets").join(name).with_extension("npy");
        let (set, read) = (set.unwrap(), read_npy::<ndarray::Ix2>(file).unwrap());
        let p = set.inputs.ncols();
        assert_eq!(read.dim(), (set.labels.len(), p + 1));
        assert!(same_bits(&set.inputs, &(read.slice(s![.., ..p]).to_owned() / unit)), "{name}");
        let class_of: Vec<f64> = set.labels.iter().map(|class| class.unwrap() as f64).collect();
        assert_eq!(class_of, read.column(p).to_vec(), "{name}");
    }
}

#[test]
fn npy_reads_every_real_element_type() {
    let read = |write: &dyn Fn(&mut Vec<u8>)| -> Vec<f64> {
        let mut bytes = Vec::new();
        write(&mut bytes);
        read_npy::<ndarray::Ix1>(file("a.npy", &bytes).path()).unwrap().to_vec()
    };
    assert_eq!(read(&|file| aview1(&[0.1_f32, -2.0]).write_npy(file).unwrap()), [f64::from(0.1_f32), -2.0]);
    assert_eq!(read(&|file| aview1(&[-1_i8, 127]).write_npy(file).unwrap()), [-1.0, 127.0]);
    assert_eq!(read(&|file| aview1(&[-300_i16, 5]).write_npy(file).unwrap()), [-300.0, 5.0]);
    assert_eq!(read(&|file| aview1(&[i32::MIN, 5]).write_npy(file).unwrap()), [-2_147_483_648.0, 5.0]);
    assert_eq!(read(&|file| aview1(&[-(1_i64 << 53)]).write_npy(file).unwrap()), [-9_007_199_254_740_992.0]);
    assert_eq!(read(&|file| aview1(&[7_u8, 255]).write_npy(file).unwrap()), [7.0, 255.0]);
    assert_eq!(read(&|file| aview1(&[u32::MAX]).write_npy(file).unwrap()), [4_294_967_295.0]);
    assert_eq!(read(&|file| aview1(&[true, false]).write_npy(file).unwrap()), [1.0, 0.0]);
    // 1.5, −2, the largest and the smallest positive number of 2 bytes.
    let halves = [0x3e00_u16, 0xc000, 0x7bff, 0x0001];
    for (descriptor, bytes) in
        [("'<f2'", halves.map(u16::to_le_bytes)), ("'>f2'", halves.map(u16::to_be_bytes))]
    {
        let bytes = [npy_header(descriptor, "(4,)"), bytes.concat()].concat();
        assert_eq!(read(&|file| file.extend(&bytes)), [1.5, -2.0, 65_504.0, 2.0_f64.powi(-24)]);
    }
    let header = npy_header("'>f8'", "(2,)");
    let big_endian = [header.as_slice(), &1.5_f64.to_be_bytes(), &(-0.0_f64).to_be_bytes()];
    assert_eq!(read(&|file| file.extend(big_endian.concat())), [1.5, -0.0]);
}

#[test]
fn npy_names_what_is_wrong() {
    let two = Array1::from(vec![1.0, 2.0]);
    let mut good = Vec::new();
    two.write_npy(&mut good).unwrap();
    let complain = |bytes: &[u8]| {
        let file = file("bad.npy", bytes);
        let error = read_npy::<ndarray::Ix1>(file.path()).unwrap_err();
        assert!(matches!(&error, Error::Format { path, .. } if path == file.path()), "{error:?}");
        error.to_string()
    };
    assert!(complain(&[]).contains("header"));
    assert!(complain(b"not an array").contains("header"));
    for length in 1..good.len() {
        complain(&good[..length]);
    }
    assert!(complain(&good[..good.len() - 1]).contains("the end of the data"));
    assert!(complain(&[&good[..], b"xyz"].concat()).contains("3 bytes after the data"));
    assert!(complain(&npy_header("'<c16'", "(1,)")).contains("<c16"));
    assert!(complain(&npy_header("[('a', '<f8')]", "(1,)")).contains("'a'"));
    assert!(complain(&npy_header("'<f8'", "(0,)")).contains("no elements"));
    // Shapes no memory could hold are refused without asking for it.
    complain(&npy_header("'<f8'", "(1000000000000000,)"));
    complain(&npy_header("'<f8'", "(0, 4611686018427387904, 4611686018427387904)"));
    complain(&npy_header("'<f8'", "(4611686018427387904, 4611686018427387904)"));
    let bytes_of = |write: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = Vec::new();
        write(&mut bytes);
        complain(&bytes)
    };
    assert!(bytes_of(&|file| aview1(&[0, (1_i64 << 53) + 1]).write_npy(file).unwrap()).contains("element 1"));
    assert!(bytes_of(&|file| aview1(&[0.0, f64::NAN]).write_npy(file).unwrap()).contains("[1] = NaN"));
    let infinite = [npy_header("'<f2'", "(2,)"), vec![0, 0, 0, 0x7c]].concat();
    assert!(complain(&infinite).contains("[1] = inf"));
    assert!(bytes_of(&|file| array![[1.0]].write_npy(file).unwrap()).contains("2 axes, expected 1 axes"));
    let missing = read_npy::<IxDyn>("no such folder/no such file.npy").unwrap_err();
    assert!(matches!(missing, Error::Io { .. }) && missing.to_string().contains("no such file.npy"));
}

#[test]
fn npz_names_what_is_wrong() {
    let path = temporary("a.npz");
    let three = ArrayD::from_shape_vec(IxDyn(&[3, 1, 2]).f(), vec![1.0; 6]).unwrap();
    write_npz(path.path(), &[("x", three.view().into())]).unwrap();
    assert_eq!(read_npz::<IxDyn>(path.path(), "x").unwrap(), three);
    let error = read_npz::<IxDyn>(path.path(), "y").unwrap_err().to_string();
    assert!(error.contains(r#"["x"]"#) && error.contains(r#""y""#), "{error}");
    let error = read_npz::<ndarray::Ix2>(path.path(), "x").unwrap_err().to_string();
    assert!(error.contains("x: 3 axes, expected 2 axes"), "{error}");

    let good = fs::read(path.path()).unwrap();
    for length in 0..good.len() {
        let cut = file("cut.npz", &good[..length]);
        assert!(matches!(read_npz::<IxDyn>(cut.path(), "x"), Err(Error::Format { .. })), "{length}");
    }
    for position in 40..good.len() {
        let mut bytes = good.clone();
        bytes[position] ^= 0x55;
        let damaged = file("damaged.npz", &bytes);
        match read_npz::<IxDyn>(damaged.path(), "x") {
            Ok(array) => assert_eq!(array, three), // the byte carried nothing
            Err(error) => assert!(matches!(error, Error::Format { .. }), "{position}: {error:?}"),
        }
    }
    let twice = write_npz(path.path(), &[("x", three.view().into()), ("x", three.view().into())]);
    assert!(matches!(twice, Err(Error::Io { .. })));
    assert_eq!(fs::read(path.path()).unwrap(), good, "a failed write must leave the old file");
    assert_eq!(fs::read_dir(path.path().parent().unwrap()).unwrap().count(), 1);
    assert!(matches!(npz_names("no such file.npz"), Err(Error::Io { .. })));
}

#[test]
fn csv_names_the_line_and_the_column() {
    let complain = |text: &str, options: &CsvOptions| {
        let file = file("bad.csv", text.as_bytes());
        let error = Table::read(file.path(), options).unwrap_err();
        assert!(matches!(&error, Error::Format { path, .. } if path == file.path()), "{error:?}");
        error.to_string().split_once("bad.csv: ").unwrap().1.to_owned()
    };
    let plain = &CsvOptions::default();
    let named = &CsvOptions { header: Header::Present, ..plain.clone() };
    let labelled = &CsvOptions { last_column: LastColumn::Label, ..plain.clone() };
    assert_eq!(complain("1,2\n3\n", plain), "line 2: 1 columns, expected 2");
    assert_eq!(complain("1,2\n\n3,4,5\n", plain), "line 3: 3 columns, expected 2");
    assert_eq!(complain("a,b\n1\n", named), "line 2: 1 columns, expected 2");
    for (text, options, place, hint) in [
        ("1,2\n3,four\n", plain, "line 2, column 2: \"four\"", "--names=COLUMN"),
        ("a,b\n3,\n", named, "line 2, column 2 (b): \"\"", "filled in"),
        ("1,NaN\n", plain, "line 1, column 2: \"NaN\"", "filled in"),
        ("1,\"2,5\"\n", plain, "line 1, column 2: \"2,5\"", "--decimal=comma"),
    ] {
        let error = complain(text, options);
        assert!(error.starts_with(&format!("{place}, expected a finite number; ")), "{error}");
        assert!(error.contains(hint), "{error}");
    }
    assert_eq!(complain("-inf,1\n", plain), "line 1, column 1: \"-inf\", expected a finite number");
    assert_eq!(complain("1e999,1\n", plain), "line 1, column 1: \"1e999\", expected a finite number");
    assert_eq!(complain("", plain), "no row of numbers, expected at least one");
    assert_eq!(complain("", named), "an empty file, expected a header and rows");
    assert_eq!(complain("a,b\n", named), "no row of numbers, expected at least one");
    assert!(complain("1,0\n2,1.5\n", labelled).starts_with("line 2, column 2: \"1.5\", expected a class"));
    assert!(complain("1,18446744073709551615\n", labelled).starts_with("line 1, column 2"));
    assert_eq!(
        complain("0\n1\n", labelled),
        "a label column only, expected at least one input column before it"
    );
    assert_eq!(complain("1,\n2,\n", labelled), "no known label, expected at least one");
    let spaced = file("good.csv", b" 1, 2 ,\n3,4, 1\n");
    let table = Table::read(spaced.path(), labelled).unwrap();
    assert_eq!(table.inputs, array![[1.0, 2.0], [3.0, 4.0]]);
    assert_eq!(table.labels, Some(Labels::partial(vec![None, Some(1)], 2).unwrap()));
    let bytes = file("bad.csv", b"1,\xff\n");
    assert!(matches!(Table::read(bytes.path(), plain), Err(Error::Format { .. })));
    assert!(matches!(Table::read("no such file.csv", plain), Err(Error::Io { .. })));
}

#[test]
fn csv_writer_refuses_what_it_could_not_read_back() {
    let path = temporary("a.csv");
    let good = Table { names: vec![], inputs: array![[1.0], [2.0]], labels: None };
    let short = Table { labels: Some(Labels::new(vec![0], 1).unwrap()), ..good.clone() };
    assert!(matches!(short.write(path.path()), Err(Error::Shape { argument: "labels", .. })));
    let names = Table { names: vec!["a".into(), "b".into()], ..good.clone() };
    assert!(matches!(names.write(path.path()), Err(Error::Shape { argument: "names", .. })));
    let infinite = Table { inputs: array![[f64::INFINITY]], ..good.clone() };
    assert!(matches!(infinite.write(path.path()), Err(Error::NotFinite { .. })));
    let nothing = Table { inputs: Array2::zeros((0, 2)), ..good.clone() };
    assert!(matches!(nothing.write(path.path()), Err(Error::Empty { .. })));
    assert!(!path.path().exists());
    let below_a_file = file("file", b"");
    let refused = good.write(below_a_file.path().join("a.csv"));
    assert!(matches!(refused, Err(Error::Io { path, .. }) if path == below_a_file.path()));
}

#[test]
fn writers_make_the_missing_folder_and_replace_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a").join("b.npy");
    for value in [1.0, 2.0] {
        write_npy(&path, &aview1(&[value])).unwrap();
        assert_eq!(read_npy::<ndarray::Ix1>(&path).unwrap(), aview1(&[value]));
    }
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
}

/// A small matrix of any finite numbers: subnormal, huge, negative zero.
fn matrix() -> impl Strategy<Value = Array2<f64>> {
    let any = prop_oneof![
        4 => prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO,
        1 => (-9_i32..9).prop_map(f64::from),
    ];
    (1_usize..9, 1_usize..5).prop_flat_map(move |(n, p)| {
        proptest::collection::vec(any.clone(), n * p)
            .prop_map(move |values| Array2::from_shape_vec((n, p), values).unwrap())
    })
}

fn same_bits(a: &Array2<f64>, b: &Array2<f64>) -> bool {
    a.mapv(f64::to_bits) == b.mapv(f64::to_bits)
}

/// A path in a folder of its own, which goes when this goes.
struct Temporary {
    path: PathBuf,
    _folder: tempfile::TempDir,
}

impl Temporary {
    fn path(&self) -> &Path {
        &self.path
    }
}

fn temporary(name: &str) -> Temporary {
    let folder = tempfile::tempdir().unwrap();
    Temporary { path: folder.path().join(name), _folder: folder }
}

fn file(name: &str, bytes: &[u8]) -> Temporary {
    let path = temporary(name);
    fs::write(path.path(), bytes).unwrap();
    path
}

/// The bytes of an npy header, version 1.0.
fn npy_header(descriptor: &str, shape: &str) -> Vec<u8> {
    let mut text = format!("{{'descr': {descriptor}, 'fortran_order': False, 'shape': {shape}}}");
    text.push_str(&" ".repeat(63 - (text.len() + 10) % 64));
    text.push('\n');
    let length = u16::try_from(text.len()).unwrap().to_le_bytes();
    [b"\x93NUMPY\x01\x00".as_slice(), &length, text.as_bytes()].concat()
}
