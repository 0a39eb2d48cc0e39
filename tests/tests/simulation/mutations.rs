//! The oracle can fail: each of these defects, put into a seam, breaks an invariant that it names.

use super::defects::Defect;
use super::run::violations;
use std::collections::BTreeSet;
use std::ops::Range;

/// Some seed among the first of so many shows it, by one of these invariants.
fn is_caught(defect: Defect, within: u64, invariants: &[&str]) {
    is_caught_among(defect, 0..within, invariants);
}

/// As [`is_caught`], where such worlds are rare; a search for one takes minutes.
fn is_caught_among(defect: Defect, seeds: Range<u64>, invariants: &[&str]) {
    let mut found = BTreeSet::new();
    for seed in seeds.clone() {
        let violations = violations(seed, Some(defect));
        if violations.iter().any(|violation| invariants.contains(&violation.invariant)) {
            return;
        }
        found.extend(violations.into_iter().map(|violation| violation.invariant));
    }
    panic!("{defect:?} broke none of {invariants:?} with seeds {seeds:?}; it broke {found:?}");
}

#[test]
fn i6_recording_after_sending_is_caught() {
    is_caught(Defect::RecordsAfterSending, 20, &["I6"]);
}

#[test]
fn i2_a_new_id_on_retry_is_caught() {
    is_caught(Defect::NewIdOnRetry, 20, &["I2"]);
}

#[test]
fn i11_a_time_out_taken_for_a_refusal_is_caught() {
    is_caught(Defect::TimeOutIsRefusal, 100, &["I11"]);
}

#[test]
fn i9_a_forgotten_lease_is_caught() {
    is_caught(Defect::ForgetsTheLease, 20, &["I9"]);
}

#[test]
fn d4_a_success_whose_card_status_is_not_read_is_caught() {
    is_caught(Defect::BelievesSuccess, 100, &["D4"]);
}

#[test]
fn i36_a_refused_status_check_that_is_taken_for_silence_is_caught() {
    is_caught(Defect::HidesRefusals, 500, &["I36"]);
}

#[test]
fn i19_a_deactivation_beside_an_activation_is_caught() {
    is_caught(Defect::DeactivatesEarly, 300, &["I19"]);
}

#[test]
fn d4_a_recovery_that_acts_as_a_caller_is_caught() {
    is_caught(Defect::RecoversTheSettled, 500, &["D4", "I11", "I34"]);
}

#[test]
fn i8_a_lost_last_commit_is_caught() {
    is_caught(Defect::LosesTheLastCommit, 300, &["I8"]);
}

#[test]
fn i32_a_step_that_was_kept_and_called_not_sent_is_caught() {
    is_caught(Defect::SaysNotSent, 500, &["I32"]);
}

#[test]
fn i3_randomness_that_a_forked_child_repeats_is_caught() {
    is_caught(Defect::RepeatsRandomness, 300, &["I3", "I1"]);
}

#[test]
fn i9_a_claim_that_a_forked_child_ends_is_caught() {
    is_caught(Defect::ForkEndsTheHolder, 300, &["I9", "I19"]);
}

#[test]
fn i34_a_sale_that_is_closed_by_the_tills_clock_is_caught() {
    is_caught_among(Defect::DatesByTheTillsClock, 6_000..6_100, &["I11", "I14", "I34"]);
}

#[test]
fn i34_a_request_that_counts_as_sent_when_it_was_claimed_is_caught() {
    is_caught(Defect::SentWhenClaimed, 2000, &["I11", "I14"]);
}

#[test]
fn i34_a_lease_that_the_tills_clock_ends_is_caught() {
    is_caught(Defect::LeasesByTheTillsClock, 500, &["I9", "I19"]);
}

#[test]
fn i31_books_that_are_compared_without_the_register_are_caught() {
    is_caught(Defect::ForgetsTheRegister, 300, &["I31"]);
}

#[test]
fn i33_a_sale_that_is_sent_in_another_form_than_recorded_is_caught() {
    is_caught(Defect::KeepsTheFirstForm, 100, &["I33"]);
}

#[test]
fn i35_a_refusal_that_is_taken_to_settle_what_it_cannot_know_is_caught() {
    is_caught(Defect::EveryRefusalSettles, 500, &["I11"]);
}

#[test]
fn i35_a_refusal_of_another_request_that_is_believed_is_caught() {
    is_caught(Defect::IgnoresWhoIsRefused, 500, &["I11"]);
}

#[test]
fn d4_a_deactivation_that_is_called_fulfilled_and_believed_is_caught() {
    is_caught(Defect::BelievesFulfilled, 500, &["I18", "D4"]);
}

#[test]
fn i35_a_given_id_that_is_taken_for_a_new_one_without_a_journal_is_caught() {
    is_caught(Defect::TakesGivenIdsForNew, 1000, &["I35"]);
}

#[test]
fn i37_an_outcome_that_counts_as_told_and_was_not_is_caught() {
    is_caught(Defect::TellsNobody, 100, &["I37"]);
}
