//! The element types of `NumPy` files, read as `f64`.

use std::io::{self, Read};

use half::f16;
use ndarray_npy::{ReadDataError, ReadableElement};
use py_literal::Value as Descriptor;

/// A number of whatever element type the file has.
#[derive(Clone, Copy)]
pub(super) struct Real(pub(super) f64);

/// Elements that are read at once.
const PIECE: usize = 1 << 13;

impl ReadableElement for Real {
    /// Reads in small pieces, so that memory grows with what is there and not with what the header promises.
    fn read_to_end_exact_vec<R: Read>(
        mut reader: R,
        descriptor: &Descriptor,
        len: usize,
    ) -> Result<Vec<Self>, ReadDataError> {
        let element = match descriptor {
            Descriptor::String(text) => Element::new(text),
            _ => None,
        };
        let element = element.ok_or_else(|| ReadDataError::WrongDescriptor(descriptor.clone()))?;
        if len == 0 {
            return Err(ReadDataError::ParseData("no elements".into()));
        }
        let mut values = Vec::new();
        let mut bytes = vec![0; element.width * PIECE.min(len)];
        while values.len() < len {
            let piece = &mut bytes[..element.width * PIECE.min(len - values.len())];
            reader.read_exact(piece)?;
            for bytes in piece.chunks_exact(element.width) {
                let value = element.decode(bytes).ok_or_else(|| {
                    ReadDataError::ParseData(format!("element {} exceeds 2^53", values.len()).into())
                })?;
                values.push(Self(value));
            }
        }
        match io::copy(&mut reader, &mut io::sink())? {
            0 => Ok(values),
            extra => Err(ReadDataError::ExtraBytes(usize::try_from(extra).unwrap_or(usize::MAX))),
        }
    }
}

/// How one element stands in the file.
struct Element {
    kind: Kind,
    width: usize,
    order: ByteOrder,
}

#[derive(Clone, Copy)]
enum Kind {
    Float,
    Signed,
    Unsigned,
}

enum ByteOrder {
    Little,
    Big,
}

impl Element {
    /// The element type of a `NumPy` descriptor such as `<f8`: byte order, kind, width in bytes.
    fn new(descriptor: &str) -> Option<Self> {
        let mut rest = descriptor.chars();
        let order = match rest.next()? {
            '<' | '|' => ByteOrder::Little,
            '>' => ByteOrder::Big,
            _ => return None,
        };
        let (kind, width) = match (rest.next()?, rest.as_str()) {
            ('f', width @ ("2" | "4" | "8")) => (Kind::Float, width),
            ('i', width @ ("1" | "2" | "4" | "8")) => (Kind::Signed, width),
            ('u', width @ ("1" | "2" | "4" | "8")) | ('b', width @ "1") => (Kind::Unsigned, width),
            _ => return None,
        };
        Some(Self { kind, width: width.parse().ok()?, order })
    }

    /// The element's value; `None` if `f64` does not hold it exactly.
    fn decode(&self, bytes: &[u8]) -> Option<f64> {
        let push = |bits: u64, &byte: &u8| bits << 8 | u64::from(byte);
        let bits = match self.order {
            ByteOrder::Little => bytes.iter().rev().fold(0, push),
            ByteOrder::Big => bytes.iter().fold(0, push),
        };
        let unused = 64 - 8 * self.width;
        match (self.kind, self.width) {
            (Kind::Float, 2) => Some(f16::from_bits(u16::try_from(bits).ok()?).to_f64()),
            (Kind::Float, 4) => Some(f64::from(f32::from_bits(u32::try_from(bits).ok()?))),
            (Kind::Float, _) => Some(f64::from_bits(bits)),
            (Kind::Unsigned, _) => exact(bits),
            (Kind::Signed, _) => {
                let signed = (bits << unused).cast_signed() >> unused;
                exact(signed.unsigned_abs()).map(|size| if signed < 0 { -size } else { size })
            }
        }
    }
}

/// An integer up to `2^53`, all of which `f64` holds.
fn exact(integer: u64) -> Option<f64> {
    (integer <= 1 << 53).then_some(integer as f64)
}
