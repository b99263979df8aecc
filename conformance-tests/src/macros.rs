//! The list of cases, and what is made of it.

/// The one list of cases: `area: Level { name [rules]; … }`. Hands it to another macro, behind
/// whatever that is given.
#[doc(hidden)]
#[macro_export]
macro_rules! __with_cases {
    ($then:path, [$($args:tt)*]) => {
        $then! {
            [$($args)*]
            identity: Core {
                an_unknown_id_is_not_found_everywhere [I3];
                what_met_an_unknown_id_does_not_make_it_known [I3 I6];
                an_id_in_any_case_or_form_names_the_same_thread [I1];
                ids_of_every_version_are_taken [I1];
                ids_that_differ_in_one_bit_are_different_threads [I1];
                an_id_in_a_filter_need_not_exist [I3];
            }
            creating: Core {
                a_created_thread_is_as_it_was_asked_for [M5 M7];
                a_create_that_asks_no_lease_grants_none [W1];
                an_id_that_exists_is_refused_and_nothing_changes [I2 I6];
                the_id_of_an_archived_thread_is_refused [I2 I6];
                a_refused_create_leaves_the_lease_of_the_thread_usable [I2 I6];
                a_repeated_create_answers_the_thread_it_made [I2];
                a_repeated_create_answers_the_thread_as_it_is_now [I2];
                a_repeated_create_answers_a_thread_that_was_archived [I2];
                a_repeated_create_grants_a_fresh_lease_that_fences_the_older [I2 W2];
                a_repeated_create_that_asks_no_lease_fences_nobody [I2];
                another_request_id_or_none_is_no_repeat [I2];
                a_thread_made_without_request_id_is_no_repeat_of_any [I2];
                the_request_id_of_an_edit_is_not_that_of_a_creation [I2 M4];
                one_request_id_serves_for_two_threads [I2];
                after_a_deletion_a_repeated_create_creates_anew [I2 R3];
                a_request_id_of_256_bytes_is_taken_and_a_longer_one_refused [I2];
                of_many_creates_at_once_exactly_one_wins [I2];
                repeated_creates_at_once_make_one_thread [I2];
            }
            archived: Core {
                an_archived_thread_is_archived_and_not_unknown [I4 I5];
                an_archived_thread_can_be_read_if_that_is_asked [I4];
                an_archived_thread_can_be_updated_if_that_is_asked [I4];
                an_archived_thread_can_be_resumed_if_that_is_asked [I4 W5];
                an_archived_thread_can_be_forked_if_that_is_asked [I4 R5];
                archiving_unarchiving_and_deleting_need_no_flag [I4];
                active_threads_are_met_with_the_flag_as_well [I4];
                an_unarchived_thread_is_met_without_the_flag [I4];
                a_thread_can_be_archived_from_its_creation_on [I4];
            }
            errors: Core {
                every_error_names_its_operation_and_its_thread [I5 I3];
                a_refused_creation_and_a_refused_list_name_their_operation [I5];
                an_invalid_request_names_the_field [I5];
                an_error_carries_no_contents [I5];
                not_found_comes_before_everything [I9 I3];
                not_found_comes_before_invalid_in_an_append [I9];
                a_lease_on_a_deleted_thread_is_not_found_before_fenced [I9 R4];
                fenced_comes_before_closed [I9 W2];
                fenced_and_closed_come_before_ordinal [I9];
                fenced_and_closed_come_before_invalid [I9];
                archived_comes_before_invalid [I9 I4];
                archived_comes_before_conflicts [I9 I4];
                invalid_comes_before_conflicts [I9];
                what_is_not_claimed_is_refused_without_effect [I7];
                what_is_claimed_stays_the_same [I7];
            }
            cancelling: Core {
                a_dropped_append_is_wholly_done_or_undone [I8 A3];
                a_dropped_append_can_be_repeated [I8 A5];
                a_dropped_create_is_wholly_done_or_undone [I8 I2];
                a_dropped_fork_is_wholly_done_or_undone [I8 R5];
                a_dropped_update_is_wholly_done_or_undone [I8 M4];
                a_dropped_resume_is_no_obstacle_to_the_next [I8];
                a_dropped_release_can_be_repeated [I8 W4];
                a_dropped_archiving_of_a_subtree_covers_all_or_none [I8 R2];
                a_dropped_deletion_is_wholly_done_or_undone [I8 R3];
                dropped_reads_harm_nothing [I8];
            }
            appending: Core {
                items_read_back_in_the_order_appended [A1];
                appended_items_follow_those_of_the_creation [A1];
                ordinals_are_dense_whatever_the_sizes_of_batches [A1 A4];
                ordinals_are_independent_of_ordinal_members [A1];
                equal_items_are_all_kept [A1];
                the_next_ordinal_is_the_same_everywhere [A1 H2];
                an_append_at_the_end_is_taken [A4];
                an_append_beyond_the_end_is_refused [A4 I6];
                an_append_where_other_items_stand_is_refused [A4 A5 I6];
                an_empty_batch_succeeds_and_writes_nothing [A7];
                an_empty_batch_beyond_the_end_is_refused [A4 A7];
                an_empty_batch_needs_its_lease_all_the_same [A7 W2];
                appending_changes_no_metadata [A6 M7];
                what_items_say_changes_no_metadata [A6];
                a_reader_never_sees_part_of_a_batch [A3];
                batches_appended_at_once_with_one_lease_stay_whole [A3 A4];
                of_different_appends_at_one_ordinal_exactly_one_wins [A4];
            }
            items: Core {
                every_kind_of_record_comes_back [A2];
                unknown_kinds_and_odd_shapes_come_back [A2];
                order_and_white_space_come_back [A2];
                numbers_come_back_as_they_were_written [A2];
                escapes_come_back_as_they_were_written [A2];
                every_character_comes_back [A2];
                line_ends_of_other_alphabets_end_no_item [A2];
                names_that_repeat_come_back [A2];
                an_ordinal_member_of_the_callers_own_comes_back [A2];
                nesting_of_any_depth_comes_back [A2];
                many_members_come_back [A2];
                items_of_every_size_come_back [A2];
                items_of_a_mebibyte_come_back_among_small_ones [A2];
                an_item_of_17_mib_comes_back [A2];
                an_item_as_large_as_the_limit_is_taken [A2];
                an_item_above_the_limit_is_refused_and_nothing_written [A2 I6];
                a_batch_above_the_limit_is_refused_and_nothing_written [A2 I6];
                a_batch_of_5000_items_comes_back [A2];
                odd_items_come_back_whichever_way_they_are_read [A2 H1];
            }
            retries: Core {
                a_repeated_append_succeeds_and_writes_nothing [A5];
                an_append_is_known_again_wherever_it_stands [A5];
                several_appends_repeated_as_one_are_known_again [A5];
                the_items_of_a_creation_are_known_again [A5];
                of_an_append_that_half_stands_the_rest_is_added [A5];
                other_items_at_the_ordinal_are_a_conflict [A5];
                a_difference_anywhere_in_the_batch_is_a_conflict [A5];
                a_batch_that_stands_in_part_and_then_differs_is_a_conflict [A5];
                items_that_differ_in_a_byte_are_not_the_same [A5];
                an_ordinal_member_added_makes_no_difference [A5];
                only_a_member_named_ordinal_is_left_out_of_account [A5];
                without_an_ordinal_a_repeat_appends_again [A5];
                a_fenced_repeat_is_told_where_the_history_ends [A5 W2];
                a_closed_repeat_is_told_where_the_history_ends [A5 W4];
                a_repeat_under_a_newer_lease_is_known_again [A5];
                one_append_repeated_at_once_is_stored_once [A5];
                large_items_are_known_again [A5];
            }
            handles: Core {
                another_handle_sees_a_creation [A9];
                another_handle_sees_an_append [A9];
                another_handle_sees_an_edit [A9];
                another_handle_sees_archiving [A9];
                another_handle_sees_a_deletion [A9];
                another_handle_sees_a_fork [A9];
                two_handles_write_to_one_thread_in_turns [A9 W1];
                a_handle_that_is_dropped_takes_nothing_with_it [A9];
                threads_appended_at_once_keep_their_own_order [A10];
                an_append_that_fails_fails_no_other [A10];
                threads_created_at_once_are_all_there [A10];
                reading_goes_on_while_others_append [A10];
            }
            history: Core {
                a_limit_of_zero_is_refused [H1];
                a_limit_of_zero_is_refused_of_an_empty_history_too [H1];
                the_whole_is_the_default [H1];
                an_empty_history_is_an_empty_page [H1];
                any_range_direction_and_limit_gives_that_part_of_the_whole [H1];
                pages_put_together_are_the_whole [H1];
                pages_at_any_place_of_a_long_history_are_right [H1 H2];
                histories_of_any_length_page_to_the_end [H1 H2];
                pages_of_large_items_are_right [H1 H2];
                ranges_beyond_the_end_are_empty [H1];
                a_limit_may_be_as_large_as_any_number [H1];
                a_range_that_ends_before_it_starts_is_refused [H1 I6];
                a_range_that_ends_where_it_starts_is_empty [H1];
                the_last_items_are_read_from_the_end [H1 H2];
                what_is_appended_between_pages_comes_after_them [H1];
                a_page_that_was_read_stays_as_it_was [H1];
                a_strict_read_of_an_undamaged_history_is_like_any_other [H4];
            }
            damage: Durability {
                a_damaged_record_hides_no_other [H4];
                a_damaged_record_is_reported_with_its_place [H4];
                every_damaged_record_is_counted [H4];
                a_strict_read_that_meets_damage_is_corrupt [H4];
                damage_fails_no_strict_read_of_another_part [H4];
                a_damaged_thread_does_not_touch_another [H4];
            }
            metadata: Core {
                the_empty_patch_changes_nothing [M3];
                each_field_can_be_set_alone [M1 M2];
                each_field_can_be_set_anew [M1];
                each_field_that_can_be_empty_can_be_cleared_alone [M1 M2];
                an_empty_field_can_be_cleared [M1 M2];
                all_fields_can_be_set_and_cleared_in_one_edit [M1 M2 M4];
                each_field_can_be_set_by_the_creation [M1];
                an_edit_is_in_the_answer_the_thread_and_the_list [M1 A9];
                an_edit_of_one_thread_changes_no_other [M1];
                an_edit_leaves_history_and_lease_alone [M1 W6];
                two_edits_equal_their_merge [M3];
                a_creation_and_an_edit_equal_a_creation_with_their_merge [M3];
                what_is_not_metadata_is_in_no_patch [M5 I6];
                identity_stays_over_every_edit [M5];
                every_source_is_kept [M5];
                a_parent_and_an_origin_need_not_exist [M5 I3];
                archived_at_is_changed_by_archiving_alone [M5];
                a_title_never_takes_the_place_of_a_name [M6];
                any_text_is_kept_as_it_is [M1];
                values_in_the_form_of_the_protocol_are_kept [M1];
            }
            versions: Core {
                an_edit_moves_the_version_by_one [M4];
                a_label_or_an_unknown_member_moves_the_version [M4];
                a_touch_moves_no_version [M4];
                a_touch_with_anything_else_moves_the_version [M4];
                what_is_no_edit_moves_no_version [M4 A6 W6 R1];
                an_edit_from_the_expected_version_is_taken [M4];
                an_edit_from_another_version_is_refused [M4 I6];
                a_touch_meanwhile_is_no_conflict [M4];
                a_repeated_edit_answers_the_thread_it_changed [M4];
                a_repeated_edit_undoes_no_touch [M4];
                a_repeat_after_another_edit_is_a_conflict [M4];
                a_request_id_from_another_version_is_no_repeat [M4];
                another_request_id_is_no_repeat_of_an_edit [M4];
                an_edit_without_request_id_is_no_repeat_of_itself [M4];
                the_request_id_of_a_creation_is_not_that_of_an_edit [M4];
                an_edit_with_a_request_id_that_is_too_long_is_refused [M4];
                of_many_edits_from_one_version_exactly_one_wins [M4];
                edits_of_different_members_at_once_lose_nothing [M4];
                counting_by_expected_versions_loses_no_count [M4];
            }
            times: Core {
                all_times_start_as_the_creation [M7];
                the_time_of_creation_is_kept_to_the_millisecond [M7];
                times_given_with_the_creation_are_kept [M7];
                the_clock_of_the_store_dates_what_has_no_date [M7];
                a_repeated_create_does_not_date_anew [M7 I2];
                archiving_is_dated_by_the_clock_of_the_store [M5 R1];
                reading_changes_no_time [M7];
                leases_and_appends_change_no_time [M7 A6 W6];
                archiving_changes_none_of_the_three_times [M7 R1];
                an_edit_changes_no_time_that_it_does_not_set [M7 M1];
                times_move_either_way_and_to_any_date [M7];
                a_deletion_of_another_thread_changes_no_time [M7];
            }
            labels: Core {
                labels_are_set_changed_and_removed_key_by_key [M8];
                removing_a_label_that_is_not_there_removes_no_other [M8];
                an_edit_of_fields_keeps_the_labels [M8];
                labels_are_set_by_the_creation [M8];
                any_text_is_a_key_and_a_value [M8];
                many_labels_are_kept [M8];
                the_labels_of_one_thread_are_not_those_of_another [M8];
                unknown_members_are_patched_like_fields [M9];
                unknown_members_survive_edits_and_touches [M9];
                unknown_members_survive_archiving_appending_and_leases [M9];
                unknown_members_are_seen_in_lists_and_through_other_handles [M9];
            }
            leases: Leases {
                a_newer_lease_fences_every_older_one [W2];
            }
            listing: Lists {
                a_page_size_of_zero_is_refused [L7];
            }
            lifecycle: Lifecycle {
                archiving_again_changes_nothing [R1];
            }
            durability: Durability {
                a_reopened_store_has_everything [D1];
            }
        }
    };
}

/// Makes one test of every case, twice: in a module `as_shipped`, and in a module `core_only`
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
        }

        mod core_only {
            $crate::__with_cases!($crate::__tests, [CoreOnly]);
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
