//! Syndrome-trellis coding (Filler, Judas, Fridrich 2011): puts message bits into the lowest bits of many carriers
//! while changing those that cost least. Reader and writer need to agree on nothing but the two lengths.

mod columns;
mod shape;
mod viterbi;

pub(crate) use columns::Columns;
pub(crate) use shape::Shape;
pub(crate) use viterbi::{WET, cheapest_flips};

/// Constraint height: how many message rows one carrier may touch. Each step up halves what is left of the coding
/// loss and doubles the work; ten stays within 1.25 of the bound and under half a second for two million carriers.
pub(crate) const HEIGHT: usize = 10;

/// Reads the message bits out of the carriers' bits (each 0 or 1).
pub(crate) fn extract(bits: &[u8], shape: Shape, columns: &Columns) -> Vec<u8> {
    let mut message = Vec::with_capacity(shape.rows());
    let mut state = 0u16;
    for row in 0..shape.rows() {
        if shape.starts_block(row) {
            state = 0;
        }
        let carriers = bits.get(shape.carriers_of(row)).unwrap_or_default();
        for (bit, column) in carriers.iter().zip(columns.as_slice()) {
            state ^= column & 0u16.wrapping_sub(u16::from(*bit));
        }
        message.push(u8::from(state & 1 == 1));
        state >>= 1;
    }
    message
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::{RngCore, SeedableRng};

    use super::*;

    fn bits(rng: &mut ChaCha20Rng, count: usize) -> Vec<u8> {
        (0..count).map(|_| u8::from(rng.next_u32() & 1 == 1)).collect()
    }

    fn flips_for(cover: &[u8], message: &[u8], costs: &[i16]) -> Option<Vec<u32>> {
        let shape = Shape::new(cover.len(), message.len()).unwrap();
        let columns = Columns::new(shape.width_max());
        let mut target = extract(cover, shape, &columns);
        target.iter_mut().zip(message).for_each(|(have, want)| *have ^= want);
        cheapest_flips(costs, &target, shape, &columns)
    }

    fn read_after(cover: &[u8], flips: &[u32], rows: usize) -> Vec<u8> {
        let mut stego = cover.to_vec();
        flips.iter().for_each(|index| stego[*index as usize] ^= 1);
        let shape = Shape::new(cover.len(), rows).unwrap();
        extract(&stego, shape, &Columns::new(shape.width_max()))
    }

    #[test]
    fn what_is_embedded_is_extracted_at_every_width() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        for (carriers, rows) in
            [(40, 10), (500, 128), (5000, 1600), (9001, 640), (40_000, 640), (200_001, 701)]
        {
            let cover = bits(&mut rng, carriers);
            let message = bits(&mut rng, rows);
            let costs: Vec<i16> = (0..carriers).map(|_| 1 + (rng.next_u32() % 900) as i16).collect();
            let flips = flips_for(&cover, &message, &costs).unwrap();
            assert_eq!(read_after(&cover, &flips, rows), message, "{carriers} carriers, {rows} rows");
        }
    }

    #[test]
    fn a_wet_carrier_is_never_changed() {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let cover = bits(&mut rng, 20_000);
        let message = bits(&mut rng, 2000);
        let costs: Vec<i16> = (0..20_000).map(|i| if i % 3 == 0 { WET } else { 50 }).collect();
        let flips = flips_for(&cover, &message, &costs).unwrap();
        assert!(flips.iter().all(|index| index % 3 != 0));
        assert_eq!(read_after(&cover, &flips, 2000), message);
    }

    #[test]
    fn too_few_dry_carriers_are_a_refusal_and_no_damage() {
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        let cover = bits(&mut rng, 4000);
        let message = bits(&mut rng, 1000);
        let costs: Vec<i16> = (0..4000).map(|i| if i % 16 == 0 { 5 } else { WET }).collect();
        assert_eq!(flips_for(&cover, &message, &costs), None);
    }

    #[test]
    fn nothing_is_changed_when_the_words_are_there_already() {
        let mut rng = ChaCha20Rng::seed_from_u64(4);
        let cover = bits(&mut rng, 3000);
        let shape = Shape::new(3000, 300).unwrap();
        let message = extract(&cover, shape, &Columns::new(shape.width_max()));
        assert_eq!(flips_for(&cover, &message, &[7; 3000]), Some(vec![]));
    }
}
