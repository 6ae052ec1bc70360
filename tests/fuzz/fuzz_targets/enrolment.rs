//! Enrolment requests from a stranger: the frame, and the signing request in it. Only a request that is signed with its
//! own key is read, and only the key is read of it.
#![no_main]

use holdfast_schemas::wire::enrol::{EnrolAnswer, EnrolRequest, read_enrol_frame};
use holdfast_server::pki::TillRequest;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(request) = read_enrol_frame::<EnrolRequest>(bytes) {
        drop(TillRequest::parse(request.request_der.as_bytes()));
    }
    // The till reads what a server answers.
    drop(read_enrol_frame::<EnrolAnswer>(bytes));
    drop(TillRequest::parse(bytes));
});
