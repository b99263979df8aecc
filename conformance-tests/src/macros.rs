//! What is made of the list of cases: tests, and the table.

/// Makes one test of every case and one of the comparison with the reference (see
/// [`model`](crate::model)), all twice: in a module `as_shipped`, and in a module `core_only`
/// through [`CoreOnly`](crate::CoreOnly). Takes an expression that makes a
/// [`Harness`](crate::Harness) over empty data; it is evaluated for each test.
///
/// ```ignore
/// thread_store_conformance::conformance_tests!(MyHarness::new());
/// ```
#[macro_export]
macro_rules! conformance_tests {
    ($harness:expr) => {
        fn __conformance_harness() -> impl $crate::Harness {
            $harness
        }

        mod as_shipped {
            $crate::__with_cases!($crate::__tests, [AsShipped]);
            $crate::__model_test!(AsShipped);
        }

        mod core_only {
            $crate::__with_cases!($crate::__tests, [CoreOnly]);
            $crate::__model_test!(CoreOnly);
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __tests {
    (
        [$mode:ident]
        $( $area:ident: $level:ident { $( $case:ident [$($rule:ident)+]; )* } )*
    ) => {
        $( mod $area {
            $( #[test] fn $case() {
                let harness = super::super::__conformance_harness();
                $crate::test_case(harness, $crate::Mode::$mode, stringify!($area), stringify!($case));
            } )*
        } )*
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __model_test {
    ($mode:ident) => {
        mod model {
            #[test]
            fn random_operations_agree_with_the_reference() {
                $crate::model::random_operations_agree_with_the_reference(
                    super::super::__conformance_harness,
                    $crate::Mode::$mode,
                );
            }

            #[test]
            fn random_histories_are_read_alike_in_every_way() {
                $crate::model::views::random_histories_are_read_alike_in_every_way(
                    super::super::__conformance_harness,
                    $crate::Mode::$mode,
                );
            }
        }
    };
}

/// The table of cases, from the list.
macro_rules! table {
    (
        []
        $( $area:ident: $level:ident { $( $case:ident [$($rule:ident)+]; )* } )*
    ) => {
        $( mod $area; )*

        /// Every case of the suite.
        pub static CASES: &[$crate::Case] = &[$( $(
            $crate::Case {
                area: stringify!($area),
                level: $crate::Level::$level,
                name: stringify!($case),
                rules: &[$( stringify!($rule) ),+],
                run: |cx| Box::pin($area::$case(cx)),
            },
        )* )*];
    };
}

pub(crate) use table;
