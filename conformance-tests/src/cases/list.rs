//! Which cases there are, by area, each with the rules that it checks.

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
                values_nested_too_deep_are_refused_and_disturb_nothing [M1 I6];
                values_nested_as_deep_as_allowed_come_back [M1];
                metadata_too_large_are_refused [M1 I6];
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
            live_threads: Core {
                starting_a_live_thread_stores_nothing [I3 A7];
                the_first_append_creates_the_thread_in_one_step [A4 A9 M1];
                an_explicit_edit_creates_the_thread [M1 A9];
                persisting_creates_the_thread [A9 I2];
                an_untouched_live_thread_leaves_its_id_free [I2 W4];
                a_live_thread_of_an_id_that_is_taken_writes_nothing [I2 I6];
                what_several_sessions_append_is_one_history [A1 A4 W1 W4];
                odd_items_of_a_live_thread_come_back [A2];
                what_a_policy_drops_gets_no_ordinal [A4 A7];
                an_item_that_is_refused_costs_nothing_else [I6 A2];
                clones_that_append_at_once_keep_their_own_order [A1 A4];
                a_live_thread_is_all_there_after_reopening [D1 A8];
                a_live_thread_resumes_an_archived_one_only_if_included [I4 W5];
                a_cancelled_append_is_wholly_done_or_undone [I8 A3 A5];
                a_cancelled_append_can_be_repeated [I8 A5];
            }
            live_metadata: Core {
                what_items_tell_is_read_and_listed [M1 A9];
                what_items_tell_is_there_after_reopening [D1 M1];
                recency_moves_with_turns_alone_and_updated_with_everything [M7];
                a_live_thread_that_writes_nothing_changes_nothing [M7 W6];
                mere_touches_are_held_back_until_a_barrier [M4 A6];
                a_name_is_never_replaced_by_a_title [M6];
                an_edit_that_fails_does_not_fail_the_append [I6 A6];
                facts_after_an_edit_whose_answer_was_lost_are_stored [I6 M4];
                what_others_edit_is_not_replaced_by_what_was_known_before [M4 M6 A9];
                giving_way_to_what_others_edit_is_repeated_if_it_fails [M4 I6];
                what_others_add_to_the_metadata_stays [M1 M8 M9];
                an_edit_from_an_older_version_is_refused_by_a_live_thread [M4 I6];
                what_a_session_did_not_come_to_store_is_derived_on_resume [M1 A8];
                what_a_crash_cut_off_is_derived_on_resume [D2 A8];
                what_came_along_with_a_creation_derives_nothing [M1 A6];
                what_a_fork_inherits_derives_nothing [R5 A6];
                options_given_null_and_not_given_are_kept_apart [D1 M2];
                what_a_turn_differs_in_is_over_with_it [M1];
            }
            leases: Leases {
                a_lease_that_was_never_granted_allows_nothing [W1 W2];
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
            live_tokens: Leases {
                a_token_goes_on_where_the_thread_was_left [A1 W1];
                a_token_outlives_the_handle [D1 A9];
                after_anothers_append_a_token_is_a_conflict_that_fences_nobody [A4 W2 I6];
                a_token_of_another_history_of_one_length_is_a_conflict [A4 I6];
                a_token_of_another_thread_or_a_damaged_one_is_refused [I5 I6];
                a_token_of_an_unknown_thread_is_not_found [I3];
                an_expected_end_goes_on_there [A4 W1];
            }
            live_takeovers: Leases {
                a_live_thread_is_told_who_took_it_over [W2 I6];
                a_session_that_was_fenced_before_it_wrote_writes_nothing [W2 I6];
                a_live_thread_takes_over_another [W2 W3];
                a_live_thread_that_is_held_is_refused_if_asked [W3 I6];
                archiving_ends_a_live_thread [R4 W2];
                deleting_ends_a_live_thread [R4 I3];
                a_live_thread_that_was_discarded_keeps_what_was_answered [W4];
                an_append_in_doubt_is_not_done_after_a_takeover [W2 A5];
                a_session_that_fails_to_start_gives_the_thread_back [W4 W3];
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
                filters_with_many_alternatives_and_labels_are_answered [L2];
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
            forking_at_turns: Lifecycle {
                a_fork_after_a_turn_has_it_and_nothing_that_came_later [R5 T1];
                a_fork_before_a_turn_has_the_turns_before_it [R5 T1];
                what_came_after_the_point_is_found_nowhere [R5 T1];
                a_turn_without_an_end_ends_where_the_next_begins [R5 T1];
                a_fork_after_a_turn_that_no_end_records_has_no_later_one [R5 T1];
                turns_without_records_are_forked_at_alike [R5 T1];
                a_turn_that_does_not_stand_is_no_point_to_fork_at [R5 R6 I6];
                a_fork_at_a_turn_sees_what_was_taken_back_before_it [R5 R6];
                an_archived_thread_is_forked_at_a_turn_only_if_included [R5 I4];
                a_fork_of_an_unknown_thread_at_a_turn_is_not_found [R5 I3];
            }
            reverting: Lifecycle {
                taking_back_to_an_ordinal_leaves_what_was_before_it [R6];
                taking_back_to_before_a_turn_leaves_the_turns_before_it [R6];
                taking_back_the_last_turns_counts_those_that_stand [R6];
                taking_back_more_turns_than_there_are_leaves_what_is_before_them [R6];
                taking_back_in_the_middle_of_a_turn_leaves_its_start [R6];
                taking_back_again_takes_more [R6];
                going_back_to_before_a_marker_brings_back_what_it_took [R6];
                a_turn_that_was_brought_back_can_be_taken_back_again [R6];
                what_codex_took_back_is_taken_back [R6];
                turns_without_records_are_taken_back_alike [R6];
                a_turn_that_no_start_records_is_taken_back_alone [R6];
                a_message_after_a_marker_goes_where_it_would_without [R6];
                late_items_of_turns_that_stand_are_taken_back_too [R6];
                taking_back_appends_one_record_and_changes_none [R6 A2];
                taking_back_changes_no_metadata [R6 A6];
                an_archived_thread_is_taken_back_by_who_holds_it [R6 W5];
                taking_back_to_what_is_not_there_is_refused [R6 I6 I5];
                a_lease_is_checked_before_where_to_take_back [R6 I9];
                a_lease_on_a_deleted_thread_takes_nothing_back [R6 I3 R4];
                taking_back_from_another_end_is_a_conflict [R6 A4 I6];
                taking_back_once_more_in_the_same_words_answers_the_same [R6 A5];
                without_an_expected_end_taking_back_again_takes_more [R6];
                a_fork_sees_what_its_source_saw_there [R6 R5];
                what_was_taken_back_stays_so_after_reopening [R6 D1];
                a_long_end_is_taken_back_whole [R6];
                a_damaged_record_does_not_shift_what_is_taken_back [R6 D4];
                several_damaged_records_do_not_shift_what_is_taken_back [R6 D4];
                what_is_taken_back_is_the_same_with_what_was_damaged_before [R6 D4];
                what_a_marker_brought_back_is_the_same_after_damage [R6 D4];
                a_long_end_is_taken_back_whole_after_damage [R6 D4];
                more_damage_than_is_described_does_not_shift_what_is_taken_back [R6 D4];
            }
            turns: Views {
                a_turn_runs_from_its_start_to_its_end [T1];
                a_history_without_any_sign_of_a_turn_has_none [T1];
                a_turn_that_was_stopped_is_interrupted [T1];
                an_open_last_turn_is_in_progress [T1];
                a_turn_that_never_ended_is_interrupted_by_the_next [T1];
                a_turn_that_ends_with_an_error_has_failed [T1];
                an_error_on_the_way_fails_the_turn_that_it_names [T1];
                a_turn_has_the_times_and_the_root_of_its_records [T1];
                both_spellings_of_the_records_of_a_turn_are_read [T1];
                a_turn_without_an_id_is_named_by_where_it_starts [T1 T2];
                a_stop_without_an_id_ends_the_open_turn [T1];
                the_late_end_of_another_turn_leaves_the_open_one_open [T1];
                what_comes_late_does_not_stop_the_open_turn [T1];
                a_second_message_stays_in_its_turn [T1];
                an_item_between_turns_makes_a_turn_of_its_own [T1];
                records_that_say_nothing_of_turns_are_skipped [T1];
                what_a_sub_agent_was_given_of_its_parent_is_hidden [T1];
                a_view_shows_as_much_as_it_says [T1];
                a_summary_of_an_open_turn_tells_no_answer [T1];
                turns_of_a_fork_are_inherited_up_to_its_point [T1 R5];
                a_turn_that_goes_on_in_a_fork_is_inherited_in_part [T1 R5];
                turns_in_json_have_the_form_of_the_protocol [T1];
                every_handle_tells_the_same_turns [T1 A9];
                a_damaged_record_costs_what_it_said [T1 D4];
            }
            turn_items: Views {
                a_call_is_joined_with_what_came_of_it [T1];
                a_call_without_an_output_is_in_progress [T1];
                an_output_after_the_end_of_its_turn_belongs_to_the_call [T1];
                an_output_without_a_call_says_nothing [T1];
                what_an_event_says_of_an_item_no_call_changes [T1];
                reasoning_in_parts_is_one_item [T1];
                events_of_every_kind_are_items [T1];
                items_have_the_ids_of_their_records_else_of_their_ordinals [T1 T2];
                paginated_items_belong_to_the_turn_that_they_name [T1];
                an_item_stands_where_it_was_first_and_is_what_was_last_said [T1];
                one_id_in_two_turns_is_two_items [T1];
                paginated_items_have_their_times [T1];
                in_a_paginated_history_the_models_own_records_add_nothing [T1];
                items_of_unknown_kinds_are_kept [T1];
                a_turn_that_only_items_name_is_a_turn [T1];
                without_records_of_turns_each_message_of_a_person_begins_one [T1];
                a_history_without_envelopes_is_read [T1];
                a_history_of_chat_messages_is_read [T1];
                a_history_from_before_turn_records_goes_on_with_them [T1];
            }
            turn_paging: Views {
                pages_of_any_size_put_together_are_all_turns [T2];
                pages_of_any_size_put_together_are_all_items [T2];
                items_come_in_the_order_of_their_records [T2];
                pages_of_turns_back_are_the_pages_forward [T2 L6];
                pages_of_items_back_are_the_pages_forward [T2 L6];
                a_page_of_no_turns_or_items_is_refused [T2 L7];
                a_page_of_too_many_turns_is_clamped_and_said_so [T2 L7];
                the_items_of_a_turn_are_those_that_belong_to_it [T2];
                the_items_of_a_turn_page_back_as_well [T2];
                a_turn_far_back_has_its_items [T2];
                a_turn_that_the_thread_does_not_have_has_no_items [T2];
                of_turns_with_one_id_the_items_of_the_latest_are_meant [T2];
                turns_of_an_unknown_thread_are_not_found [T2 I3];
                turns_of_an_archived_thread_are_told_only_if_included [T2 I4];
                not_found_and_archived_come_before_an_invalid_page [T2 I9];
                a_turn_that_is_named_again_and_again_is_the_same_on_every_page [T1 T2];
            }
            turn_cursors: Views {
                a_page_without_turns_has_neither_cursor [T2 L6];
                the_previous_cursor_of_the_newest_page_shows_later_what_is_newer [T2 L6];
                an_append_moves_no_id_and_no_page [T2];
                appends_between_pages_neither_lose_nor_repeat_a_turn [T2];
                a_cursor_of_turns_can_be_used_against_its_direction [T2 L6];
                a_cursor_of_turns_or_items_fits_no_other_list [T2 L6];
                a_damaged_cursor_of_turns_is_refused [T2 L6];
                a_cursor_of_turns_outlives_the_handle [T2 L6 D1];
            }
            turn_cost: Views {
                the_newest_page_of_turns_reads_the_end_alone [T3];
                the_newest_page_of_items_reads_the_end_alone [T3];
                the_items_of_a_new_turn_are_read_from_the_end_alone [T3];
                turns_taken_back_make_the_newest_page_no_dearer [T3 R6];
                what_was_taken_back_as_items_is_not_read [T3 R6];
                a_model_context_reads_back_to_the_compaction_alone [T3 H3];
                a_compaction_in_a_long_turn_is_found_as_soon [T3 H3];
                taking_back_reads_what_is_taken_back_alone [T3 R6];
            }
            model_context: Views {
                without_a_compaction_a_model_is_told_everything [H3];
                a_model_is_told_the_latest_compaction_and_what_comes_after [H3];
                a_compaction_comes_with_its_ordinal_and_so_do_the_items [H3];
                a_compaction_without_a_replacement_is_no_stop [H3];
                an_empty_replacement_is_one [H3];
                items_taken_back_are_not_told [H3 R6];
                a_compaction_taken_back_does_not_count [H3 R6];
                a_compaction_before_what_was_taken_back_counts [H3 R6];
                records_that_say_nothing_of_turns_are_told [H3];
                damage_is_told_and_hides_nothing_else_of_the_context [H3 H4];
                a_strict_context_with_damage_is_corrupt [H3 H4];
                damage_before_the_compaction_does_not_matter [H3 H4];
            }
            searching: Views {
                names_titles_and_previews_are_found [S1];
                messages_of_people_and_of_the_agent_are_found [S1];
                what_tools_developers_and_thoughts_say_is_not_found [S1];
                metadata_that_nobody_reads_are_not_found [S1];
                case_makes_no_difference_in_any_alphabet [S1];
                white_space_of_any_width_is_alike [S1];
                a_term_is_taken_literally [S1];
                a_part_of_a_word_is_found [S1];
                what_was_taken_back_is_not_found [S1 R6];
                what_was_appended_is_found_at_the_latest_after_a_flush [S2];
                edits_are_found_at_once [S2 A9];
                what_was_deleted_is_not_found [S2 R3];
                a_fork_is_found_by_what_it_has [S1 R5];
                a_search_keeps_to_its_filter [S1 L2];
                a_name_comes_before_a_message_and_a_person_before_the_agent [S1];
                hits_as_good_as_each_other_come_newest_first [S1];
                places_name_the_turn_and_the_item_that_have_the_text [S1 T2];
                as_many_places_are_told_as_were_asked_for [S1];
                a_snippet_is_short_however_long_the_message [S1];
                a_store_that_does_not_search_refuses_to [I7];
                damage_hides_no_other_message [S1 D4];
            }
            search_pages: Views {
                pages_put_together_have_each_thread_once [S1];
                the_last_page_of_a_search_has_no_next_cursor [S1 L6];
                a_search_for_nothing_is_refused [S1 L7];
                a_search_page_that_is_too_large_is_clamped_and_said_so [S1 L7];
                a_cursor_of_a_search_fits_no_other [S1 L6];
            }
            live_turns: Views {
                a_turn_of_a_live_thread_is_listed_as_it_ended [T1];
                one_turn_at_a_time_is_begun_and_ended [T1 I6];
                a_live_thread_takes_turns_back_and_goes_on [R6 T1];
                a_live_thread_takes_nothing_back_of_nothing [R6 I6];
                a_turn_that_a_session_left_open_is_interrupted_by_the_next [T1];
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
            live_faults: Durability {
                whichever_call_fails_a_repetition_settles_it [A5 I2 I6 M4 W4];
                whichever_call_fails_the_caller_can_settle_it [A5 I2 I6 M4 W4];
                of_a_store_that_often_fails_nothing_is_lost_or_doubled [A5 I2 I6 M4];
                a_failure_says_whether_anything_was_done [I5 I6];
                another_append_settles_one_in_doubt_first [A5 I2];
                an_append_that_is_dropped_in_any_call_stands_once [I8 A5 I2];
                an_end_that_is_dropped_in_any_call_can_be_repeated [I8 W4 M4];
                a_live_thread_goes_on_when_writes_work_again [D5 I6];
                what_a_live_thread_was_answered_outlives_a_crash [D2 A8];
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
