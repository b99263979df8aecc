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
            }
            appending: Core {
                items_read_back_in_the_order_appended [A1];
            }
            history: Core {
                a_limit_of_zero_is_refused [H1];
            }
            metadata: Core {
                the_empty_patch_changes_nothing [M3];
            }
            leases: Leases {
                a_lease_says_what_it_is_for [W1];
                a_later_lease_starts_where_the_history_ends [W1];
                creating_without_a_holder_grants_no_lease [W1];
                a_cloned_lease_works_beside_the_first [W1];
                a_lease_works_after_a_trip_through_json [W1];
                a_lease_works_through_another_handle [W1 A9];
                dropping_a_lease_releases_nothing [W1 W3];
                a_lease_serves_any_number_of_appends [W1 A4];
                every_thread_has_its_own_lease [W1 W2];
                a_lease_that_was_never_granted_appends_nothing [W2];
                a_refused_create_disturbs_no_lease [I2 I6 W2];
                a_repeated_create_grants_a_fresh_lease [I2 W2];
                leases_change_no_metadata_and_no_time [W6];
                an_archived_thread_is_resumed_only_if_included [W5 I4];
                a_resumed_archived_thread_stays_archived_and_is_appended_to [W5];
                clones_of_a_lease_append_at_once [W1 A1 A3];
            }
            takeover: Leases {
                a_newer_lease_fences_every_older_one [W2];
                every_use_of_a_fenced_lease_says_so [W2 W4];
                fenced_comes_before_the_ordinal_and_before_items_that_stand [A5 I9 W2];
                epochs_only_grow [W2];
                of_several_leases_only_the_last_works [W2];
                taking_over_through_another_handle_fences_here [W2 W3 A9];
                a_lease_taken_back_fences_the_taker [W2 W3];
                no_epoch_comes_twice_after_delete_and_create [W2 R3];
                an_old_lease_does_not_fit_an_id_that_was_created_again [W2 R3];
                nothing_of_an_old_lease_lands_after_a_takeover [W2 W3];
                of_many_who_take_over_at_once_one_has_the_thread [W2 W3];
                a_held_thread_is_refused_with_its_holder [W3];
                a_refusal_changes_nothing [W3 I6];
                a_released_thread_is_refused_to_nobody [W3 W4];
                taking_over_wins_though_the_holder_was_granted_a_free_thread [W3];
                of_many_who_do_not_take_over_one_gets_the_thread [W3];
                fencing_one_thread_fences_no_other [W2 A10];
            }
            releasing: Leases {
                releasing_again_is_fine_either_way [W4];
                a_released_lease_is_closed [W4];
                closed_comes_before_the_ordinal_and_before_items_that_stand [A5 I9 W4];
                releasing_loses_no_item [W4 D1];
                discarding_a_fenced_lease_disturbs_nobody [W4];
                shutting_down_a_fenced_lease_is_refused_and_disturbs_nobody [W4];
                a_released_lease_that_was_followed_by_another_is_fenced [W2 W4];
                a_lease_released_through_one_handle_is_closed_through_all [W4 A9];
                shutting_down_many_times_at_once_is_fine [W4];
                nothing_lands_after_a_release [W4];
            }
            matching: Lists {
                each_filter_alone_answers_what_matches [L1 L2 L3];
                two_filters_answer_what_matches_both [L1 L2 L3];
                every_order_sorts_every_filter [L2 L4];
                small_pages_put_together_are_the_list [L4 L5 L6];
                lists_follow_every_edit [L1 A9];
                lists_follow_archiving [L1 A9];
                lists_follow_deleting [L1 R3 A9];
                lists_do_not_depend_on_histories [L1 L3 A6];
                explaining_agrees_with_every_list [L9];
                explaining_names_every_filter_that_keeps_a_thread_off [L9];
                rows_are_the_threads_as_read_by_id [L1];
                another_handle_answers_the_same_lists [L1 A9];
            }
            filters: Lists {
                nothing_is_hidden_without_a_filter [L1];
                archived_is_only_or_not_at_all_or_any [L2];
                an_empty_list_of_alternatives_matches_nothing [L2];
                every_shape_of_source_has_exactly_one_kind [L2];
                a_thread_without_a_provider_matches_no_name [L2];
                providers_are_compared_letter_by_letter [L2];
                directories_are_compared_by_their_key [L2];
                directories_of_windows_are_compared_without_case [L2];
                all_labels_given_have_to_fit [L2 M8];
                label_keys_are_taken_literally [L2 M8];
                an_empty_preview_is_none [L2];
                the_search_term_is_looked_for_in_name_title_and_preview [L2];
                search_terms_are_literal [L2];
                search_counts_case_beyond_ascii_and_does_not_normalise [L2];
                the_empty_search_term_finds_whatever_has_a_text [L2];
                times_are_from_inclusive_to_exclusive [L2];
                created_and_updated_are_two_times [L2 M7];
                times_long_ago_and_far_ahead_are_found_and_sorted [L2 L4];
                alternatives_given_twice_answer_no_row_twice [L2];
                thousands_of_alternatives_are_fine [L2];
                a_filter_may_name_what_nobody_has [I3 L2 L6];
            }
            relations: Lists {
                children_leave_out_grandchildren [L3];
                descendants_are_all_below_and_not_the_thread_itself [L3];
                a_parent_without_a_spawn_makes_no_child [L3];
                a_spawn_without_a_parent_makes_no_child [L3];
                the_parent_is_the_one_given_at_creation [L3];
                a_review_in_between_ends_the_chain [L3];
                a_fork_of_a_parent_has_no_children [L3 R5];
                a_relation_implies_no_other_filter [L3];
                an_archived_thread_in_between_does_not_end_the_chain [L3];
                children_may_come_before_their_parent [L3 I3];
                the_children_of_a_deleted_thread_stay_its_children [L3 R3];
                a_chain_ends_at_a_thread_that_is_gone [L3];
                a_ring_ends_and_nobody_is_below_themselves [L3];
                a_thread_that_is_its_own_parent_is_not_below_itself [L3];
                deep_and_wide_subtrees_are_found_whole [L3 L5];
            }
            paging: Lists {
                every_key_sorts_both_ways [L4];
                equal_times_are_ordered_by_id_in_the_same_direction [L4];
                ids_of_any_version_are_ordered_by_their_bytes [I1 L4];
                pages_of_any_size_put_together_are_the_list [L4 L5 L6];
                every_page_with_rows_has_a_previous_cursor [L6 L7];
                an_empty_list_is_one_page_without_cursors [L6];
                a_page_size_of_zero_is_refused [L7];
                a_page_size_above_the_maximum_is_clamped_and_said_so [L7];
                a_clamped_page_goes_on_where_it_ended [L6 L7];
                threads_created_meanwhile_move_no_page [L5];
                threads_archived_meanwhile_move_no_page [L5];
                threads_deleted_meanwhile_move_no_page [L5];
                threads_edited_meanwhile_move_no_page_of_another_key [L5];
                what_moves_in_the_order_hides_nothing_that_stands_still [L5];
                paging_beside_writers_meets_every_standing_thread_once [L5];
            }
            cursors: Lists {
                the_previous_cursor_of_the_first_page_shows_later_what_is_newer [L6];
                pages_back_are_the_pages_forward [L6];
                forward_and_back_and_forward_stands_where_it_was [L6];
                a_page_reached_backwards_knows_whether_anything_follows [L6];
                a_cursor_can_be_used_against_its_direction [L6];
                a_cursor_fits_any_page_size [L6];
                text_that_is_no_cursor_is_refused [L6];
                a_damaged_cursor_is_refused [L6];
                a_cursor_fits_no_other_filter [L6];
                a_cursor_fits_no_other_value_of_its_filter [L6];
                a_cursor_fits_no_other_sort_key [L6];
                a_cursor_outlives_the_handle [L6 D1];
                a_cursor_works_through_another_handle_and_as_text [L6];
                a_cursor_stays_good_when_its_row_is_gone [L5 L6];
                a_page_after_everything_behind_it_went_is_empty [L5 L6];
            }
            explaining: Lists {
                a_listed_thread_has_nothing_against_it [L9];
                each_filter_that_does_not_fit_is_named_with_what_there_is [L9];
                explaining_an_unknown_thread_is_not_found [I3 L9];
                an_archived_thread_is_explained_without_asking [L9];
                a_missing_ancestor_is_explained_by_the_chain_that_there_is [L9];
                a_chain_that_lost_a_thread_is_explained_up_to_the_gap [L3 L9];
            }
            archiving: Lifecycle {
                archiving_again_changes_nothing [R1];
                unarchiving_again_changes_nothing [R1];
                archiving_leaves_all_else_as_it_was [R1];
                a_thread_is_archived_at_the_time_of_the_clock [R1 M5];
                a_thread_can_be_created_archived [R1 I4];
                archiving_is_seen_through_every_handle [R1 A9];
                of_many_who_archive_at_once_one_changes_the_thread [R1];
                archiving_a_leased_thread_fences_its_holder [R4];
                unarchiving_revives_no_lease [R4 W2];
                a_lease_taken_while_archived_outlives_unarchiving [R4 W5];
                nothing_of_a_lease_lands_after_archiving [R4 W2];
            }
            subtrees: Lifecycle {
                archiving_with_descendants_covers_all_below_and_nobody_else [R2 L3];
                unarchiving_with_descendants_covers_all_below_and_nobody_else [R2 L3];
                without_descendants_only_the_thread_itself_is_archived [R1 R2];
                threads_that_are_archived_already_are_not_named [R1 R2];
                an_archived_root_does_not_shield_what_is_below [R2];
                a_subtree_in_the_middle_leaves_what_is_above [R2];
                archiving_with_descendants_fences_every_holder_below [R2 R4];
                archiving_with_descendants_changes_no_metadata [R1 R2];
                readers_see_a_subtree_archived_whole_or_not_at_all [R2];
                deleting_with_descendants_covers_all_below_and_nobody_else [R2 R3];
                readers_see_a_subtree_deleted_whole_or_not_at_all [R2 R3];
                deep_and_wide_subtrees_are_covered_whole [R2];
                a_ring_is_covered_once [R2 L3];
                an_archived_thread_in_between_shields_nothing [R2];
                a_subtree_ends_where_a_thread_is_gone [R2 L3];
                a_subtree_of_an_unknown_thread_is_not_found [R2 I3];
                a_store_that_covers_no_subtrees_refuses_them [I7 R2];
            }
            deleting: Lifecycle {
                a_deleted_thread_is_unknown_everywhere [R3 I3];
                lists_forget_a_deleted_thread [R3 L1];
                archived_threads_are_deleted_without_asking [R3 I4];
                an_id_created_again_is_a_new_thread [R3];
                a_request_of_a_deleted_thread_creates_it_anew [R3 I2];
                children_of_a_deleted_thread_stay_with_their_parent_id [R3];
                the_next_use_of_a_lease_on_a_deleted_thread_is_not_found [R4 I9];
                deleting_is_seen_through_every_handle [R3 A9];
                of_many_who_delete_at_once_one_does [R3 I6];
                deleting_one_thread_leaves_the_others [R3];
                appends_beside_a_delete_are_done_or_not_found [R3 R4];
                a_store_that_does_not_delete_refuses_to [I7];
            }
            forking: Lifecycle {
                a_fork_has_exactly_the_items_before_its_point [R5];
                a_fork_without_a_point_has_everything [R5];
                a_fork_says_where_it_branched_off [R5];
                forking_beyond_the_end_is_refused_and_makes_nothing [R5 I6];
                a_fork_has_its_items_byte_for_byte [R5 A2];
                either_side_grows_alone [R5];
                either_side_is_edited_alone [R5];
                either_side_is_deleted_alone [R5];
                forking_leaves_the_source_as_it_was [R5];
                a_fork_inherits_what_describes_the_conversation [R5 M9];
                a_fork_inherits_neither_archive_state_nor_parent_nor_times_nor_versions [R5 M7];
                a_fork_is_created_at_the_time_of_the_clock [R5 M7];
                a_fork_of_a_spawned_thread_is_nobodys_child [R5 L3];
                a_fork_differs_in_what_was_said [R5];
                an_archived_thread_is_forked_only_if_included [R5 I4];
                a_fork_of_a_fork_names_the_fork [R5];
                a_fork_comes_with_a_lease_if_asked [R5 W1];
                a_fork_onto_an_id_that_exists_is_a_conflict [R5 I2];
                a_repeated_fork_answers_the_fork_that_it_made [R5 I2];
                a_long_history_is_forked_whole [R5];
                a_fork_beside_appends_has_an_unbroken_start [R5];
                a_fork_of_an_unknown_thread_is_not_found [R5 I3];
            }
            reopening: Durability {
                a_reopened_store_has_what_was_appended [D1];
                a_reopened_store_has_every_record_and_answers_every_list [D1 L1];
                a_reopened_store_has_odd_items_byte_for_byte [D1 A2];
                a_reopened_store_has_labels_members_and_versions [D1 M8 M9];
                archived_and_deleted_threads_stay_so [D1 R1 R3];
                relations_and_forks_stay [D1 L3 R5];
                a_lease_works_after_reopening [D1 W1];
                fenced_and_released_leases_stay_so [D1 W2 W4];
                epochs_grow_across_reopening [D1 W2];
                epochs_of_a_deleted_thread_are_remembered [D1 W2];
                requests_are_recognised_after_reopening [D1 I2 M4];
                a_repeated_append_is_recognised_after_reopening [D1 A5];
                a_history_grows_across_many_openings [D1];
                opening_changes_nothing [D1 M7];
            }
            crashes: Durability {
                what_was_created_outlives_a_crash [D2];
                what_was_appended_outlives_a_crash [D2 A8];
                edits_outlive_a_crash [D2];
                archiving_and_deleting_outlive_a_crash [D2];
                subtrees_outlive_a_crash_whole [D2 R2];
                a_fork_outlives_a_crash [D2 R5];
                no_epoch_comes_twice_after_a_crash [D2 W2];
                a_dead_holder_is_never_in_the_way_of_a_takeover [D2 W3];
                a_released_thread_is_free_after_a_crash [D2 W3];
                requests_are_recognised_after_a_crash [D2 I2];
                a_crash_amid_appends_keeps_all_that_was_acknowledged_and_whole_batches [D2 D3 A3 A5];
                a_store_that_crashes_often_opens_every_time [D2];
            }
            faults: Durability {
                a_damaged_record_hides_no_other [D4 H4];
                a_damaged_record_is_reported_with_its_place [H4];
                a_strict_read_of_damage_is_corrupt [H4];
                damage_costs_its_thread_nothing_else [D4];
                appends_go_on_after_damage [D4];
                a_damaged_history_is_not_forked_in_silence [H4 R5];
                a_damaged_thread_is_deleted_like_any_other [D4 R3];
                a_failing_append_is_said_and_repeating_it_settles_it [D5 I6 A5];
                what_was_acknowledged_stays_through_failing_writes [D5];
                reads_and_lists_go_on_while_writes_fail [D5];
                a_failing_creation_can_be_repeated [D5 I6 I2];
                a_failing_edit_can_be_repeated [D5 I6 M4];
                failing_archiving_and_deleting_can_be_repeated [D5 I6];
                a_failing_takeover_can_be_repeated [D5 I6 W2];
            }
            sharing: Durability {
                another_process_sees_whatever_returned [A9];
                a_process_sees_what_another_changed_after_it_has_read [A9];
                taking_over_reaches_as_far_as_is_claimed [W3 W2 I7];
                a_thread_held_by_another_process_is_refused [W3];
                two_processes_append_to_one_thread_in_turn [A9 W2];
                nothing_of_an_old_lease_lands_after_a_takeover_elsewhere [W2];
                two_processes_append_to_their_own_threads_at_once [A10];
                one_of_two_processes_creates_an_id [I2];
                a_cursor_works_in_another_process [L6];
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
