//! Files of banks and payment systems, as tests need them.

use std::fmt::Write;

/// A register 206 with so many payments of 45.00, of orders that nobody knows.
pub fn register(number: u64, rows: u64) -> String {
    let mut text = format!(
        "5^30000001^{number}^20260305140000^{rows}^749^190000020^933^{}.00^0.00\r\n",
        rows * 45
    );
    for row in 1..=rows {
        let operation = number * 10_000_000 + row;
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "{row}^1^{operation:030}^X^^03.2026^45.00^0.00^20260305133015^^20260305101500^\
             {operation}^55512^T1^MS^^749^^^5\r\n"
        );
    }
    text
}
