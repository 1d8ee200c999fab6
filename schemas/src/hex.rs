//! Hashes and keys as people and messages spell them.

const DIGITS: [u8; 16] = *b"0123456789abcdef";

/// Lower-case hexadecimal digits of `bytes`.
pub fn encode(bytes: &[u8]) -> String {
    let digits = |byte: &u8| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
    bytes.iter().flat_map(digits).map(char::from).collect()
}

/// The bytes that lower-case hexadecimal digits spell; `None` for any other text.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let digit = |it: u8| match it {
        b'0'..=b'9' => Some(it - b'0'),
        b'a'..=b'f' => Some(it - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spelled_is_read_back_and_nothing_else_is() {
        assert_eq!(decode(&encode(&[0, 1, 0xfe, 0x7f])), Some(vec![0, 1, 0xfe, 0x7f]));
        assert_eq!(decode(""), Some(Vec::new()));
        for text in ["0", "0g", "FE", " 0", "ю"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
