//! Inputs made of seeds, the same ones each time.

/// Most changes of one input.
const CHANGES_MAX: usize = 6;
/// Numbers at which decoders err.
const EDGES: [&[u8]; 12] = [
    b"\0",
    b"\x7f",
    b"\x80",
    b"\xff",
    b"\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\xff\xff\xff\xff",
    b"\xff\xff\xff\xff\xff\xff\xff\xff",
    b"-1",
    b"99999999999999999999",
    b"0000000000",
    b"\xef\xbb\xbf",
];
/// What people and machines put where it does not belong.
const ODDITIES: [&str; 12] = [
    "\u{661}\u{662}\u{663}",
    "\u{ff11}\u{ff12}\u{ff13}",
    "\u{feff}",
    "\u{202e}",
    "\u{0}",
    "\u{ffff}",
    "\u{a0}",
    "\r\n",
    "\u{1f4b0}",
    "e\u{301}",
    "00000000000000000000000000000",
    "0000000000000000000000000000000",
];

/// Makes mutations of seeds. The same seeds give the same mutations in the same order.
pub struct Mutator<'a> {
    seeds: &'a [(String, Vec<u8>)],
    words: &'a [&'a str],
    bytes_max: usize,
    state: u64,
}

impl<'a> Mutator<'a> {
    /// Of these seeds, which must not be none.
    pub fn new(seeds: &'a [(String, Vec<u8>)], words: &'a [&'a str], bytes_max: usize) -> Self {
        Self { seeds, words, bytes_max, state: 0x9e37_79b9_7f4a_7c15 }
    }

    /// The next input.
    pub fn input(&mut self) -> Vec<u8> {
        let mut input = self.seed().to_vec();
        for _ in 0..=self.below(CHANGES_MAX) {
            self.change(&mut input);
        }
        input.truncate(self.bytes_max);
        input
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.below(input.len() + 1);
        let range = at..at + self.below((input.len() - at).min(64) + 1);
        match self.below(10) {
            0 => {
                let bit = 1 << self.below(8);
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= bit;
                }
            }
            1 => {
                let given = u8::try_from(self.below(256)).unwrap_or_default();
                if let Some(byte) = input.get_mut(at) {
                    *byte = given;
                }
            }
            2 => drop(input.drain(range)),
            3 => input.truncate(at),
            4 => put(input, range, &EDGES.map(<[u8]>::to_vec)[self.below(EDGES.len())]),
            5 => put(input, at..at, ODDITIES[self.below(ODDITIES.len())].as_bytes()),
            6 if !self.words.is_empty() => {
                let word = self.words[self.below(self.words.len())];
                let to = if self.below(2) == 0 { at } else { range.end };
                put(input, at..to, word.as_bytes());
            }
            7 => {
                let other = self.seed();
                let from = self.below(other.len() + 1);
                let to = from + self.below(other.len() - from + 1);
                put(input, range, other.get(from..to).unwrap_or_default());
            }
            8 => {
                let times = 1 << self.below(9);
                let piece = input.get(range.clone()).unwrap_or_default().repeat(times);
                put(input, range.end..range.end, &piece);
            }
            _ => {
                // Digits for digits: numbers stay numbers.
                let digit = u8::try_from(self.below(10)).unwrap_or_default() + b'0';
                let next =
                    input.get(at..).and_then(|rest| rest.iter().position(u8::is_ascii_digit));
                if let Some(byte) = next.and_then(|next| input.get_mut(at + next)) {
                    *byte = digit;
                }
            }
        }
    }

    fn seed(&mut self) -> &'a [u8] {
        let which = self.below(self.seeds.len());
        &self.seeds[which].1
    }

    /// A number below `limit`: xorshift64*.
    fn below(&mut self, limit: usize) -> usize {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        let drawn = self.state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(drawn).unwrap_or_default() % limit.max(1)
    }
}

fn put(input: &mut Vec<u8>, range: std::ops::Range<usize>, bytes: &[u8]) {
    drop(input.splice(range, bytes.iter().copied()));
}
