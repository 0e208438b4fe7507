//! Tables of text: whatever their encoding, delimiter, line ends and header, the same numbers come out, or an error that says
//! where and what to do.
#![cfg(feature = "files")]
#![allow(clippy::unwrap_used)] // a test may panic

use std::fs;

use ndarray::{Array2, array};
use pal::Error;
use pal::data::io::{
    CsvOptions, Decimal, Delimiter, Header, LastColumn, RowNumbers, Table, TableFile, TextColumn, read_lines,
};
use rand::RngExt;

fn read(bytes: impl AsRef<[u8]>, options: &CsvOptions) -> Result<TableFile, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    fs::write(&path, bytes).unwrap();
    TableFile::read(&path, options).map_err(|error| {
        assert!(matches!(&error, Error::Format { path: found, .. } if *found == path), "{error:?}");
        error.to_string().split_once("a.csv: ").unwrap().1.to_owned()
    })
}

fn guessed(text: impl AsRef<[u8]>) -> Result<TableFile, String> {
    read(text, &CsvOptions::guessed())
}

/// The words are all in the error.
fn refuses(text: impl AsRef<[u8]>, options: &CsvOptions, words: &[&str]) {
    let error = read(text, options).unwrap_err();
    for word in words {
        assert!(error.contains(word), "{word:?} is not in {error:?}");
    }
}

fn utf_16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(bytes).collect()
}

const ROWS: [[&str; 2]; 4] = [["1.5", "-2"], ["0.25", "3e2"], ["7", "0"], ["-1", "4.75"]];

fn numbers() -> Array2<f64> {
    array![[1.5, -2.0], [0.25, 300.0], [7.0, 0.0], [-1.0, 4.75]]
}

#[test]
fn the_same_table_in_every_form() {
    for (name, delimiter) in
        [(Delimiter::Comma, ","), (Delimiter::Semicolon, ";"), (Delimiter::Tab, "\t"), (Delimiter::Bar, "|")]
    {
        for header in [None, Some("größe,b"), Some("\"a\",\"é,\n\"\"x\"")] {
            for end in ["\n", "\r\n", "\r", "\n\n"] {
                for [quote, trail, comment] in
                    [["", "", ""], ["\"", "", "# a, \"b\n"], [" ", delimiter, "\n#\n\n"]]
                {
                    let mut text = comment.replace('\n', end);
                    if let Some(header) = header {
                        let header = header.replacen(',', delimiter, 1);
                        text += &(header + if quote == " " { delimiter } else { "" } + end);
                    }
                    for [a, b] in ROWS {
                        text += &format!("{quote}{a}{quote}{delimiter}{quote}{b}{quote}{trail}{end}");
                    }
                    let cut = text.trim_end_matches(['\r', '\n']).to_owned();
                    let forms = [
                        text.clone().into_bytes(),
                        cut.into_bytes(),
                        [b"\xef\xbb\xbf", text.as_bytes()].concat(),
                        utf_16(&text, u16::to_le_bytes),
                        utf_16(&text, u16::to_be_bytes),
                    ];
                    for form in forms {
                        let found = guessed(&form).unwrap_or_else(|error| panic!("{text:?}: {error}"));
                        assert_eq!(found.table.inputs, numbers(), "{text:?}");
                        assert_eq!((found.header, found.delimiter), (header.is_some(), name), "{text:?}");
                        let names = header.map_or(vec![], |header| match header.len() {
                            8.. if header.starts_with('"') => vec!["a", "é,\n\"x"],
                            _ => vec!["größe", "b"],
                        });
                        assert_eq!(found.table.names, names, "{text:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_first_row_is_a_header_if_it_looks_like_names_above_numbers() {
    let below = "1.5,2.5\n3.5,4.5\n5.5,7.5\n";
    for header in ["a,b", "\"a\",b", ",b", "b,", "a,NA", "_1,b", "none,Na x", "größe,重さ", "ä,?"] {
        let found = guessed(format!("{header}\n{below}")).unwrap();
        assert_eq!((found.header, found.table.inputs.nrows()), (true, 3), "{header}");
    }
    let found = guessed(format!("1,2.5\n{below}")).unwrap();
    assert_eq!((found.header, found.table.inputs.nrows()), (false, 4));
    // Words for what is missing, numbers written otherwise, names mixed with numbers: refused where they stand.
    for cell in [
        "NA",
        "n/a",
        "NaN",
        "nan",
        "null",
        "None",
        "none",
        "?",
        "-",
        "",
        "#N/A",
        "\"1,234.50\"",
        "\u{2212}1.50",
        "1.5.0",
        "inf",
        "-Infinity",
        "12 %",
        "$3",
        "<0.5",
        "1e",
        "1_000",
        "2024-05-01",
        "3rd",
        "…",
        "x",
    ] {
        let words = ["line 1, column 2: ", "expected a finite number", "--header=present"];
        refuses(format!("0.5,{cell}\n{below}"), &CsvOptions::guessed(), &words);
        let alone = format!("{cell}\n1.5\n2.5\n3.5\n");
        if cell != "x" && !cell.is_empty() {
            refuses(alone, &CsvOptions::guessed(), &["line 1"]);
        }
        let sixth = format!("{below}{below}0.5,{cell}\n{below}");
        refuses(sixth, &CsvOptions::guessed(), &["line 7, column 2: "]);
    }
    // Told, it is not guessed.
    let present = CsvOptions { header: Header::Present, ..CsvOptions::guessed() };
    let found = read(format!("2019,2020\n{below}"), &present).unwrap();
    assert_eq!((found.table.names, found.table.inputs.nrows()), (vec!["2019".into(), "2020".into()], 3));
    let absent = CsvOptions { header: Header::Absent, ..CsvOptions::guessed() };
    refuses(format!("a,b\n{below}"), &absent, &["line 1, column 1: \"a\""]);
    // A name that is asked for is in the header.
    let options = CsvOptions { drop: vec!["kind".into()], ..CsvOptions::guessed() };
    let found = read("2019,kind\n1.5,dog\n2.5,cat\n", &options).unwrap();
    assert_eq!((found.header, found.table.inputs), (true, array![[1.5], [2.5]]));
}

#[test]
fn a_first_row_of_numbers_that_looks_like_names_is_said_to() {
    let looks = |text: &str| guessed(text).unwrap().has_names_like_numbers;
    assert!(looks("2019,2020\n1.5,2.5\n0.1,0.2\n"));
    assert!(looks("0,1,2\n5,6,9\n7,8,1\n"), "three that count on");
    assert!(!looks("5,9,2\n5,6,9\n7,8,1\n") && !looks("3,2.5\n1.5,2.5\n0.1,0.2\n"));
    assert!(!looks("3,4\n1.5,2\n0.1,0.2\n"), "another whole number below");
    let absent = CsvOptions { header: Header::Absent, ..CsvOptions::guessed() };
    assert!(!read("2019,2020\n1.5,2.5\n0.1,0.2\n", &absent).unwrap().has_names_like_numbers);
}

#[test]
fn text_of_another_encoding_is_refused_or_read_as_it_is_told() {
    let latin_1 = b"a,b\xe9\n1,2\n3,4.5\n";
    refuses(latin_1, &CsvOptions::guessed(), &["line 1: bytes that are not UTF-8", "--encoding=latin1"]);
    refuses(b"a,b\n1,2\n3,\xff4\n", &CsvOptions::guessed(), &["line 3: bytes"]);
    refuses(b"a,b\r1,2\r3,\xc3", &CsvOptions::guessed(), &["line 3: bytes"]);
    let options = |label: &str| CsvOptions { encoding: label.parse().unwrap(), ..CsvOptions::guessed() };
    assert_eq!(read(latin_1, &options("latin1")).unwrap().table.names, ["a", "bé"]);
    let bare = utf_16("a,b\n1,2\n3,4.5\n", u16::to_le_bytes);
    refuses(&bare[2..], &CsvOptions::guessed(), &["line 1: a NUL", "--encoding=utf-16le"]);
    assert_eq!(read(&bare[2..], &options("utf-16le")).unwrap().table.inputs, array![[1.0, 2.0], [3.0, 4.5]]);
    let alone: Vec<u8> = [&bare[..], &[0x00, 0xd8, b'\n', 0]].concat();
    refuses(alone, &CsvOptions::guessed(), &["line 4: bytes that are not UTF-16LE"]);
    refuses(b"1,2\n3,\x004\n", &CsvOptions::guessed(), &["line 2: a NUL"]);
    assert!(matches!("ebcdic".parse::<pal::data::io::TextEncoding>(), Err(Error::UnknownName { .. })));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lines");
    fs::write(&path, "\u{feff}one\rtwo\r\n\r\nfour").unwrap();
    assert_eq!(read_lines(&path, Default::default()).unwrap(), ["one", "two", "", "four"]);
    fs::write(&path, b"one\ntw\xf6").unwrap();
    assert!(read_lines(&path, Default::default()).unwrap_err().to_string().contains("line 2: bytes"));
}

#[test]
fn a_quote_that_is_never_closed_is_named_where_it_opens() {
    let options = CsvOptions::guessed();
    refuses("1,2\n\n3,\"4\n5,6\n7,8\n", &options, &["line 3, column 2: a quote that is never closed"]);
    refuses("1,2\n3,\"4", &options, &["line 2, column 2: a quote"]);
    refuses("\"1,2\n3,4\n", &options, &["line 1, column 1: a quote"]);
    let long = format!("a,b\n1,2\n3,\"{}", "4,5\n".repeat(1 << 19));
    refuses(long, &options, &["line 3, column 2: a cell of more than 1048576 bytes", "quote"]);
    let named = CsvOptions { sample_names: Some("a".into()), ..options };
    let found = read("a,b\n\"x\ny\",1\n\"say \"\"z\"\"\",2\n", &named).unwrap();
    assert_eq!(found.sample_names.unwrap(), ["x\ny", "say \"z\""]);
    refuses("a,b\n\"x\ny\",1\nz,two\n", &named, &["line 4, column 2 (b): \"two\""]);
}

#[test]
fn rows_are_as_wide_as_the_first() {
    let options = CsvOptions::guessed();
    refuses("a,b,c\n1,2\n3,4\n", &options, &["line 2: 2 columns, expected 3"]);
    refuses("a,b\n1,2,3\n4,5,6\n", &options, &["line 2: 3 columns, expected 2"]);
    refuses("1,2\n3,4\n\n5\n", &options, &["line 4: 1 columns, expected 2"]);
    let open = "1,2,\n3,5,\n".repeat(100);
    assert_eq!(guessed(&open).unwrap().table.inputs.dim(), (200, 2));
    refuses(open + "5,6,7\n", &options, &["line 201, column 3: \"7\", expected nothing"]);
    refuses("1,2,\n3,4,5\n", &options, &["line 1, column 3: \"\"", "filled in"]);
    for end in ["\n", "\r\n", "\r"] {
        let text = ["# c", "a,b", "1,2", "", "3,x", ""].join(end);
        refuses(text, &options, &["line 5, column 2 (b): \"x\""]);
    }
    refuses("a,b\n1,2\n# 3\n", &options, &["line 3: 1 columns", "top of the file"]);
    refuses("#ff,2\n#ee,3\n1,2\n", &options, &["line 1 begins with #"]);
    refuses("#N/A,#N/A\n1,2\n", &options, &["line 1 begins with #"]);
    refuses("# nothing\n", &options, &["no row of numbers"]);
    assert_eq!(guessed("5\n6\n8\n").unwrap().table.inputs, array![[5.0], [6.0], [8.0]]);
    assert_eq!(guessed("5,6.5").unwrap().table.inputs, array![[5.0, 6.5]]);
    refuses("a,b\n", &options, &["expected"]);
    refuses("", &options, &["no row of numbers, expected at least one"]);
}

#[test]
fn decimal_commas_are_read_if_told() {
    let text = "a;b\n1,5;2\n-0,25;3e2\n";
    refuses(text, &CsvOptions::guessed(), &["line 2, column 1 (a): \"1,5\"", "--decimal=comma"]);
    let options = CsvOptions { decimal: Decimal::Comma, ..CsvOptions::guessed() };
    assert_eq!(read(text, &options).unwrap().table.inputs, array![[1.5, 2.0], [-0.25, 300.0]]);
    refuses("a;b\n1,5;2.5\n", &options, &["line 2, column 2 (b): \"2.5\"", "--decimal=point"]);
    refuses("a;b\n1.000,5;2\n", &options, &["line 2, column 1"]);
    refuses("1,5;2,5\n3,5;4,5\n", &CsvOptions::guessed(), &["line 1, column 1: \"1,5\"", "--decimal=comma"]);
}

/// Lines at the top that begin with `#` are comments, but for those that could be a sample as the options say what columns are.
#[test]
fn a_sample_is_not_taken_for_a_comment() {
    let with = |names: Option<&str>, drop: &[&str]| CsvOptions {
        sample_names: names.map(str::to_owned),
        drop: drop.iter().map(ToString::to_string).collect(),
        ..CsvOptions::guessed()
    };
    for (text, options) in [
        ("#a1,red,0.1\na2,blue,0.2\na3,red,0.4\n", with(Some("1"), &["2"])),
        ("# a1,red,0.1\na2,blue,0.2\na3,red,0.4\n", with(Some("1"), &["2"])),
        ("#REF!,0.1\n2.5,0.2\n", with(None, &[])),
        ("#name?,#SPILL!\n2.5,0.2\n", with(None, &[])),
        ("#REF!\n2.5\n", with(None, &[])),
        ("#a1;0.1;\na2;0.2;\na3;0.4;\n", with(Some("1"), &[])),
        ("# first\n#a1,0.1\na2,0.2\n", with(Some("1"), &[])),
    ] {
        refuses(text, &options, &["begins with # as a comment and has the cells of a row", "in quotes"]);
    }
    let found = read("\"#a1\",0.1\na2,0.2\n", &with(Some("1"), &[])).unwrap();
    assert_eq!((found.comment_lines, found.sample_names.unwrap()), (0, vec!["#a1".into(), "a2".into()]));
    // Other words in a column of numbers, or another number of cells: a comment.
    let text = "# id, kind, x\n#\n# of 2024, by me\na1,red,0.1\na2,blue,0.2\n";
    let found = read(text, &with(Some("1"), &["2"])).unwrap();
    assert_eq!((found.comment_lines, found.table.inputs), (3, array![[0.1], [0.2]]));

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    let column = |text: &str| {
        fs::write(&path, text).unwrap();
        TextColumn::read(&path, &CsvOptions::guessed(), None)
    };
    for text in ["#hash\ncat\ndog\n", "#1,#hash\n2,cat\n"] {
        let error = column(text).unwrap_err().to_string();
        assert!(error.contains("line 1 begins with # as a comment"), "{error}");
    }
    let found = column("# the kinds\ncat\ndog\n").unwrap();
    assert_eq!((found.comment_lines, found.cells.len(), found.column), (1, 2, (1, 1)));
}

#[test]
fn a_comma_sets_off_decimals_or_separates_cells() {
    let options = |delimiter| CsvOptions { decimal: Decimal::Comma, delimiter, ..CsvOptions::guessed() };
    let auto = options(Delimiter::Auto);
    for text in ["10,5\n12,7\n9,25\n", "x\n10,5\n12,7\n9,25\n", "0,5\n1,5\n2,25\n"] {
        let found = read(text, &auto).unwrap();
        assert_eq!((found.table.inputs.ncols(), found.table.inputs.nrows()), (1, 3), "{text:?}");
    }
    assert_eq!(read("10,5\n12,7\n", &auto).unwrap().table.inputs, array![[10.5], [12.7]]);
    let comma = options(Delimiter::Comma);
    for (text, place) in [
        ("10,5\n12,7\n", "line 1, column 1: 10,5, which is one number or two"),
        ("a,b\n\"1,5\",\"2\"\n\"1,5\",2\n7,3\n", "line 4, column 1: 7,3,"),
    ] {
        refuses(text, &comma, &[place, "another delimiter, or cells in quotes"]);
    }
    let quoted = "a,b\n\"1,5\",\"2,5\"\n3,\"4,25\"\n";
    for options in [&auto, &comma] {
        assert_eq!(read(quoted, options).unwrap().table.inputs, array![[1.5, 2.5], [3.0, 4.25]]);
    }
}

#[test]
fn text_after_a_closing_quote_is_refused() {
    for (text, place) in [
        ("\"1\"2,4\n3,5\n", "line 1, column 1: text after a closing quote"),
        ("a,b\n1,\"2\n\"x\n", "line 3, column 2: text after a closing quote"),
        ("1,2\n3,\"4\"\"5\"6\n", "line 2, column 2: "),
        ("1,2\n\"3\"x\n", "line 2, column 1: "),
    ] {
        refuses(text, &CsvOptions::guessed(), &[place, "written twice"]);
    }
    let named = CsvOptions { sample_names: Some("1".into()), ..CsvOptions::guessed() };
    refuses("\"x\"y,4\nz,5\n", &named, &["line 1, column 1: text after a closing quote"]);
    assert_eq!(guessed("\"1\" ,2\n\"3\"\t,4\n").unwrap().table.inputs, array![[1.0, 2.0], [3.0, 4.0]]);
    // Across the pieces that are read at a time, and after many cells without quotes.
    let wide = "1.5,".repeat(50_000);
    let place = "line 2, column 50001: text after a closing quote";
    refuses(format!("{wide}2\n{wide}\"2\"3\n"), &CsvOptions::guessed(), &[place]);
    assert_eq!(guessed(format!("{wide}2\n{wide}\"2\"\n")).unwrap().table.inputs.ncols(), 50_001);
    // Within a cell that does not begin with one, a quote is a character.
    let inch = read("5\" pipe,4\nz,5\n", &named).unwrap();
    assert_eq!(inch.sample_names.unwrap(), ["5\" pipe", "z"]);
}

#[test]
fn thousands_separators_are_named_as_such() {
    let point = CsvOptions::guessed();
    let comma = CsvOptions { decimal: Decimal::Comma, ..CsvOptions::guessed() };
    for (cell, options) in [
        ("1,234", &point),
        ("-12,345,678", &point),
        ("1,234.5", &point),
        ("1'234", &point),
        ("1 234 567.25", &point),
        ("1.234", &comma),
        ("1.234.567,5", &comma),
    ] {
        let error = read(format!("a;b\n\"{cell}\";2\n3;4\n"), options).unwrap_err();
        assert!(error.contains("thousands separators") && !error.contains("--decimal"), "{error}");
    }
    refuses("a;b\n1,23;2\n", &point, &["--decimal=comma"]);
    refuses("a;b\n1234,567;2\n", &point, &["--decimal=comma"]);
}

#[test]
fn a_blank_line_within_one_column_is_refused() {
    for (text, line) in
        [("1.5\n\n2.5\n", 3), ("x\n1.5\r\n\r\n2.5\r\n", 4), ("x\n\n1\n2\n", 3), ("1\r\r2\r", 3)]
    {
        refuses(text, &CsvOptions::guessed(), &[&format!("line {line}: after a blank line"), "one column"]);
    }
    let found = guessed("\n# x\n\n1.5\r\n2.5\r\n\r\n\n").unwrap();
    assert_eq!(found.table.inputs, array![[1.5], [2.5]]);
    assert_eq!(guessed("1,2\n\n3,4\n").unwrap().table.inputs.nrows(), 2);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    fs::write(&path, "cat\n\ndog\n").unwrap();
    let error = TextColumn::read(&path, &CsvOptions::guessed(), None).unwrap_err().to_string();
    assert!(error.contains("line 3: after a blank line"), "{error}");
}

/// Whole numbers are exact or refused, as those of npy files; other numbers are rounded to the nearest double.
#[test]
fn whole_numbers_that_are_not_exact_are_refused() {
    for cell in ["9007199254740993", "-9007199254740993", "9007199254740993.0", "123456789012345678901"] {
        let words = ["line 2, column 1: ", "beyond 2^53", "--names=COLUMN"];
        refuses(format!("1.5;2\n{cell};3\n"), &CsvOptions::guessed(), &words);
    }
    for (cell, number) in [
        ("9007199254740992", 9_007_199_254_740_992.0),
        ("+09007199254740994", 9_007_199_254_740_994.0),
        ("12345678901234567000", 12_345_678_901_234_567e3),
        ("1180591620717411303424", 2_f64.powi(70)),
        ("1e25", 1e25),
        ("0.1", 0.1),
        ("1e-400", 0.0),
    ] {
        assert_eq!(guessed(format!("1.5,2\n{cell},3\n")).unwrap().table.inputs[[1, 0]], number, "{cell}");
    }
}

#[test]
fn a_delimiter_may_end_the_rows_and_not_the_header() {
    for delimiter in [",", ";", "\t", "|"] {
        let text = "a;b\n1;2;\n3;4.5;\n".replace(';', delimiter);
        let found = guessed(&text).unwrap();
        assert_eq!((found.table.inputs, found.table.names.len()), (array![[1.0, 2.0], [3.0, 4.5]], 2));
        let one = guessed("a;\n1.5;\n3;\n".replace(';', delimiter)).unwrap();
        assert_eq!(one.table.inputs, array![[1.5], [3.0]]);
    }
    let rows = "1;2;\n".repeat(150);
    let words =
        ["line 152: 2 columns without a delimiter at the end", "expected 2, and a delimiter at the end"];
    refuses(format!("a;b\n{rows}3;4\n"), &CsvOptions::guessed(), &words);
    refuses(
        format!("a;b\n{rows}3;4;5;6\n"),
        &CsvOptions::guessed(),
        &["line 152: 4 columns, expected 2, and"],
    );
}

#[test]
fn a_column_that_counts_the_rows_is_left_out() {
    for (text, left_out, inputs) in [
        (",a\n0,5\n1,5.5\n2,6\n", &["1"][..], array![[5.0], [5.5], [6.0]]),
        ("\"\",\"a\"\n\"1\",5\n\"2\",5.5\n\"3\",6\n", &["1"], array![[5.0], [5.5], [6.0]]),
        ("a,day,b\n5,1,7\n5.5,2,8\n6,3,9.5\n", &["day"], array![[5.0, 7.0], [5.5, 8.0], [6.0, 9.5]]),
        ("9,0,1\n5,1,2\n6,2,3\n", &["2", "3"], array![[9.0], [5.0], [6.0]]),
        // Two rows count by chance; out of order, with a gap or from 2 on is no count; alone it is all there is.
        (",a\n0,5\n1,5.5\n", &[], array![[0.0, 5.0], [1.0, 5.5]]),
        ("0,5\n2,6.5\n1,7\n", &[], array![[0.0, 5.0], [2.0, 6.5], [1.0, 7.0]]),
        ("0,5\n1,6.5\n3,7\n", &[], array![[0.0, 5.0], [1.0, 6.5], [3.0, 7.0]]),
        ("2,5\n3,6.5\n4,7\n", &[], array![[2.0, 5.0], [3.0, 6.5], [4.0, 7.0]]),
        ("0\n1\n2\n", &[], array![[0.0], [1.0], [2.0]]),
        ("0,1\n1,2\n2,3\n", &[], array![[0.0, 1.0], [1.0, 2.0], [2.0, 3.0]]),
    ] {
        let found = guessed(text).unwrap();
        assert_eq!(
            (found.row_numbers, found.table.inputs),
            (left_out.iter().map(ToString::to_string).collect(), inputs)
        );
    }
    let keep = CsvOptions { row_numbers: RowNumbers::Keep, ..CsvOptions::guessed() };
    assert_eq!(read(",a\n0,5\n1,5.5\n2,6\n", &keep).unwrap().table.inputs.ncols(), 2);
}

#[test]
fn columns_are_asked_for_by_name_or_number() {
    let text = "id,a,b,class\ns0,1,2.5,dog\ns1,2,3.5,cat\n";
    let options = |names: Option<&str>, drop: &[&str]| CsvOptions {
        sample_names: names.map(str::to_owned),
        drop: drop.iter().map(ToString::to_string).collect(),
        ..CsvOptions::guessed()
    };
    for (names, drop) in [("id", "class"), ("1", "4")] {
        let found = read(text, &options(Some(names), &[drop])).unwrap();
        assert_eq!(found.table.inputs, array![[1.0, 2.5], [2.0, 3.5]]);
        assert_eq!(
            (found.table.names, found.sample_names.unwrap()),
            (vec!["a".into(), "b".into()], vec!["s0".into(), "s1".into()])
        );
    }
    refuses(text, &options(None, &[]), &["line 2, column 1 (id): \"s0\"", "--names=COLUMN", "--drop=COLUMN"]);
    refuses(text, &options(Some("name"), &[]), &["no column \"name\"", "\"class\""]);
    refuses(text, &options(None, &["5"]), &["no column \"5\"", "from 1 to 4"]);
    refuses(text, &options(Some("id"), &["1"]), &["\"1\" in two roles"]);
    refuses(text, &options(None, &["id", "a", "b", "class"]), &["no column of numbers"]);
    refuses("a,a\n1,2\n3,4\n", &options(None, &["a"]), &["several columns called \"a\""]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    fs::write(&path, text).unwrap();
    let column = |name| TextColumn::read(&path, &CsvOptions::guessed(), name).unwrap();
    assert_eq!(column(None), column(Some("class")));
    assert_eq!(column(Some("4")).cells, [(2, "dog".to_owned()), (3, "cat".to_owned())]);
}

#[test]
fn a_wide_table_takes_time_in_proportion() {
    let width = 300_000;
    let row = vec!["1.5"; width].join(",");
    let names: Vec<String> = (0..width).map(|column| format!("x{column}")).collect();
    let text = format!("{}\n{row}\n{row}\n{row}", names.join(","));
    let found = guessed(&text).unwrap();
    assert_eq!((found.header, found.table.inputs.dim()), (true, (3, width)));
    let place = format!("line 4, column {width} (x{}): \"1.5x\"", width - 1);
    refuses(format!("{text}x\n"), &CsvOptions::guessed(), &[&place]);
}

#[test]
fn no_file_makes_it_panic() {
    let mut rng = pal::random::stream(7, 0);
    let seeds =
        ["a,b\n1,2\n3,4\n", "# x\n\"a\";\"b\"\n\"1\";2,5\r\n\r3;\n", "\u{feff}0\t1\n1\tx\n", "1|2|\r3|4|"];
    let bytes = b"\"\"\"\r\n,;\t|#01.-eN\x00\xff\xfe\xef\xbb\xbf ";
    let options = [
        CsvOptions::guessed(),
        CsvOptions { header: Header::Present, last_column: LastColumn::Label, ..CsvOptions::default() },
        CsvOptions { sample_names: Some("1".into()), drop: vec!["b".into()], ..CsvOptions::guessed() },
        CsvOptions {
            encoding: "utf-16be".parse().unwrap(),
            decimal: Decimal::Comma,
            ..CsvOptions::guessed()
        },
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    for round in 0..4000 {
        let mut text = seeds[round % seeds.len()].as_bytes().to_vec();
        for _ in 0..rng.random_range(0..6) {
            let place = rng.random_range(0..=text.len());
            text.splice(
                place..(place + rng.random_range(0..2)).min(text.len()),
                [bytes[rng.random_range(0..bytes.len())]],
            );
        }
        fs::write(&path, &text).unwrap();
        let options = &options[round / seeds.len() % options.len()];
        if let Ok(found) = TableFile::read(&path, options) {
            assert!(
                found.table.inputs.iter().all(|number| number.is_finite()) && !found.table.inputs.is_empty()
            );
        }
        let _ = TextColumn::read(&path, options, None);
    }
}

#[test]
fn a_name_like_a_comment_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    let table =
        Table { names: vec!["#".into(), "b".into()], inputs: array![[1.0, 2.5], [2.0, 3.0]], labels: None };
    table.write(&path).unwrap();
    let options = CsvOptions { header: Header::Present, ..CsvOptions::default() };
    assert_eq!(Table::read(&path, &options).unwrap(), table);
}
