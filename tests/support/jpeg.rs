//! Jpeg files of flat blocks.

/// A baseline jpeg of `size` (width, height), multiples of 8: `components[c][b]` is the value of block `b`, row by row.
pub(crate) fn jpeg((width, height): (u16, u16), components: &[&[u8]], exif: Option<&[u8]>) -> Vec<u8> {
    let mut file = vec![0xff, 0xd8];
    let mut segment = |marker: u8, data: &[u8]| {
        file.extend([0xff, marker]);
        file.extend((data.len() as u16 + 2).to_be_bytes());
        file.extend(data);
    };
    if let Some(exif) = exif {
        segment(0xe1, &[b"Exif\0\0", exif].concat());
    }
    segment(0xdb, &[&[0][..], &[8; 64]].concat()); // a step of the first coefficient is one of the mean
    let count = components.len() as u8;
    let of_each = |fields: &[u8]| (1..=count).flat_map(|c| [&[c], fields].concat()).collect::<Vec<u8>>();
    let [wide, high] = [width, height].map(u16::to_be_bytes);
    segment(0xc0, &[&[8][..], &high, &wide, &[count], &of_each(&[0x11, 0])].concat());
    let codes = |length: usize, symbols: &[u8]| {
        let mut counts = [0; 16];
        counts[length - 1] = symbols.len() as u8;
        [&counts[..], symbols].concat()
    };
    let sizes: Vec<u8> = (0..12).collect();
    segment(0xc4, &[vec![0x00], codes(4, &sizes)].concat()); // the size of a difference is its own code of 4 bits
    segment(0xc4, &[vec![0x10], codes(1, &[0])].concat()); // the end of a block is the bit 0
    segment(0xda, &[&[count][..], &of_each(&[0x00]), &[0, 63, 0]].concat());
    let mut bits = Vec::new();
    let mut push = |number: u32, length: u32| (0..length).rev().for_each(|bit| bits.push(number >> bit & 1));
    let mut before = vec![0i32; components.len()];
    for block in 0..components[0].len() {
        for (component, before) in components.iter().zip(&mut before) {
            let value = i32::from(component[block]) - 128;
            let difference = value - std::mem::replace(before, value);
            let size = 32 - difference.unsigned_abs().leading_zeros();
            push(size, 4);
            let code = if difference < 0 { difference - 1 } else { difference } as u32;
            push(code & ((1 << size) - 1), size);
            push(0, 1);
        }
    }
    bits.resize(bits.len().next_multiple_of(8), 1);
    for byte in bits.chunks_exact(8) {
        let byte = byte.iter().fold(0, |byte, &bit| byte << 1 | bit as u8);
        file.push(byte);
        if byte == 0xff {
            file.push(0);
        }
    }
    file.extend([0xff, 0xd9]);
    file
}
