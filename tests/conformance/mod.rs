//! Every engine of the registry under the same tests. What they need of an engine it says itself: which command of
//! clients writes a value (`CommandKind::Write`), when it is acknowledged (`Outcome::ok`), how its messages may be
//! mistreated (`EngineInfo::transport`), and which rules the real system breaks (`Engine::known_breaks`). The settings
//! that the seeds take in turn are in `tests/turns`.

mod claims;
mod play;

macro_rules! conformance {
    ($($name:ident: $krate:ident::$engine:ident,)*) => { $(conformance! { $name, lab::engines::$name::$engine })* };
    ($name:ident, $engine:ty) => {
        mod $name {
            use super::claims::{self, Tested};

            fn tested() -> Tested {
                Tested::of(stringify!($name))
            }

            #[test]
            fn three_nodes_commit_a_hundred_writes() {
                claims::commits_a_hundred_writes::<$engine>(&tested(), 3);
            }

            #[test]
            fn five_nodes_commit_a_hundred_writes() {
                claims::commits_a_hundred_writes::<$engine>(&tested(), 5);
            }

            #[test]
            fn seven_nodes_commit_a_hundred_writes() {
                claims::commits_a_hundred_writes::<$engine>(&tested(), 7);
            }

            #[test]
            fn a_crashed_minority_of_three_loses_no_acknowledged_write() {
                claims::loses_no_acknowledged_write::<$engine>(&tested(), 3);
            }

            #[test]
            fn a_crashed_minority_of_five_loses_no_acknowledged_write() {
                claims::loses_no_acknowledged_write::<$engine>(&tested(), 5);
            }

            #[test]
            fn a_crashed_minority_of_seven_loses_no_acknowledged_write() {
                claims::loses_no_acknowledged_write::<$engine>(&tested(), 7);
            }

            #[test]
            fn a_run_of_the_engine_twice_has_the_same_digests() {
                claims::a_run_twice_is_the_same::<$engine>(&tested());
            }

            #[test]
            fn deliveries_of_the_engine_to_different_nodes_commute() {
                claims::deliveries_commute::<$engine>(&tested());
            }
        }
    };
}

lab::engines!(conformance);
