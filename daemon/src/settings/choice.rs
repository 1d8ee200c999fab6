//! Settings that are one of a few words.

use std::str::FromStr;

/// One of a closed list of words.
pub(super) trait Choice: FromStr<Err = String> + Copy {
    /// Stands for a value that could not be read, so that reading can go on; a load that met one
    /// fails anyway.
    const STAND_IN: Self;
}

/// An enum spelled as words: `Display` and `FromStr` agree, and the refusal lists the words,
/// followed by the hint.
macro_rules! choice {
    (
        $(#[$doc:meta])*
        pub enum $name:ident {
            $(#[$first_doc:meta])* $first:ident = $first_word:literal,
            $($(#[$other_doc:meta])* $other:ident = $other_word:literal,)*
        }
        hint: $hint:literal
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $(#[$first_doc])* $first,
            $($(#[$other_doc])* $other,)*
        }

        impl $name {
            /// The word that the settings use.
            pub const fn as_str(self) -> &'static str {
                match self {
                    Self::$first => $first_word,
                    $(Self::$other => $other_word,)*
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $first_word => Ok(Self::$first),
                    $($other_word => Ok(Self::$other),)*
                    wrong => {
                        let words = [$first_word, $($other_word,)*].join(", ");
                        Err(format!(concat!("must be one of {}, is {:?}", $hint), words, wrong))
                    }
                }
            }
        }

        impl $crate::settings::choice::Choice for $name {
            const STAND_IN: Self = Self::$first;
        }
    };
    (
        $(#[$doc:meta])*
        pub enum $name:ident { $($rest:tt)* }
    ) => {
        $crate::settings::choice::choice! {
            $(#[$doc])*
            pub enum $name { $($rest)* }
            hint: ""
        }
    };
}
pub(super) use choice;
