//! Running: what commands do, what is said when something does not hold, told lines, and the player.

use crate::{Player, parse, run, with_narration};

const START: &str = "cluster n0 n1 n2 engine=dledger profile=V3 seed=1\n\
                     draw n0 boot_phase 0; draw n1 boot_phase 5; draw n2 boot_phase 5; reboot n0 n1 n2\n";
const LED: &str = "run until n1 n2 role FOLLOWER\n";

fn failure_of(text: &str) -> Option<String> {
    let scenario = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    run(&scenario, &mut |_, _| {}).failure.map(|failure| failure.to_string())
}

/// The story must go well.
fn well(lines: &str) {
    assert_eq!(failure_of(&format!("{START}{lines}")), None, "{lines}");
}

/// The last line must fail, saying this.
fn fails(lines: &str, saying: &str) {
    let failure = failure_of(&format!("{START}{lines}")).unwrap_or_else(|| panic!("{lines}: nothing failed"));
    assert!(failure.contains(saying), "{failure}\ndoes not say: {saying}");
}

#[test]
fn a_failed_expectation_says_where_and_what_was_instead() {
    let text = format!("{START}{LED}  expect n0 role LEADER term 0; expect n1 role LEADER");
    let failure = failure_of(&text).expect("n1 does not lead");
    assert_eq!(failure, "4:33: `expect n1 role LEADER`: n1's role is FOLLOWER");
}

#[test]
fn fields_quantities_and_comparisons() {
    well(&format!("{LED}do n0 append a; await last; advance 3s"));
    let ready = format!("{LED}do n0 append a; do n0 append 7; await all; advance 3s\n");
    well(&format!(
        "{ready}expect all log [0a 0:7] end 1 committed 1 vote n0 term >= 0 term <= 0 term < 1 begin 0"
    ));
    well(&format!(
        "{ready}expect one role LEADER; expect any role FOLLOWER; expect no term 1; expect one n0 n1 role LEADER"
    ));
    well(&format!("{ready}expect n0 role != FOLLOWER knownMaxTermInGroup none dispatcherMap.0.writeIndex 2"));
    well(&format!(
        "{ready}expect n0 peerWaterMarksByTerm.0.1 1; expect same log n0 n1 n2; expect n0 state up"
    ));
    well(&format!(
        "{ready}expect pill n0->n1 APPEND; expect pointer n1 watermark 1; expect setting profile V3"
    ));
    fails(&format!("{ready}expect n0 log [0a]"), "n0's log is [0a 0:7]");
    fails(&format!("{ready}expect one role FOLLOWER"), "n1 and n2 do");
    fails(&format!("{ready}expect no role LEADER"), "n0 does");
    fails(&format!("{ready}expect any end 5"), "n0's end is 1, n1's end is 1");
    fails(&format!("{ready}expect n0 nonsense 1"), "n0 has no field `nonsense`; it has role");
    fails(&format!("{ready}expect any nonsense 1"), "has no field `nonsense`");
    fails(&format!("{ready}expect pill n0->n1 COMPARE"), "the pill n0->n1 is `APPEND");
    fails(&format!("{ready}expect pointer n1 watermark 9"), "the pointers at n1 are flushed 1, watermark 1");
    fails(&format!("{ready}expect setting profile V4"), "profile is V3");
    fails(&format!("{ready}cut n0; do n0 append x\nexpect same log n0 n1"), "n0 holds [0a 0:7 0x], n1 holds");
}

#[test]
fn time_windows() {
    well("expect within 2ms n0 role LEADER; at 3ms; expect n0 role LEADER");
    well("expect within 1ms..2ms n0 role LEADER");
    well("expect never for 1ms n0 role LEADER; expect always for 10ms n0 term 0");
    fails("expect within 1ms n0 role LEADER", "it never came about: n0's role is CANDIDATE");
    fails("expect within 5ms..9ms n0 role LEADER", "it came about after 2 ms already");
    fails("expect never for 5ms n0 role LEADER", "it came about after 2 ms");
    fails("expect always for 5ms n0 role CANDIDATE", "n0's role is LEADER");
    fails("run until n0 term 9 max=1s", "not within 1000 ms: n0's term is 0");
    fails("at 3ms; at 2ms", "it is 3 ms already");
    well("expect timer n1 StateMaintainer 5ms; expect timer n1 QuorumAckChecker off; advance 1ms");
    fails("expect timer n1 StateMaintainer off", "StateMaintainer of n1 is due in 5 ms");
    fails("expect timer n1 Nonsense 5ms", "Nonsense of n1 is off; armed are:");
}

#[test]
fn messages_are_found_by_kind_way_and_occurrence() {
    well("at 0ms; expect in flight VOTE 2; expect in flight VOTE n0->n1 1; expect in flight answer VOTE 0");
    well(
        "at 0ms; deliver VOTE n0->n2; expect n2 vote n0; expect n1 vote none; expect in flight VOTE *->n2 0",
    );
    well("at 0ms; drop VOTE #2; expect in flight VOTE n0->n2 0; expect in flight VOTE n0->n1 1");
    well(
        "at 0ms; hold VOTE last; at 4ms; expect in flight VOTE n0->n2 1; release VOTE; at 5ms; expect n2 vote n0",
    );
    well("at 0ms; delay VOTE n0->n2 by 2ms; at 1ms; expect n2 vote none; at 3ms; expect n2 vote n0");
    well("at 0ms; drop VOTE all; drop VOTE all; expect in flight none; timeout n0->n1; timeout n0->n2");
    well(
        "at 0ms; expect sent VOTE \"end=(-1,-1)\" term=0 2; expect sent VOTE term=1 0; mark; expect sent VOTE 0",
    );
    well(
        "at 2ms; expect answer VOTE n1->n0 ACCEPT 1; expect sequence VOTE n0->n1 then answer VOTE n1->n0 ACCEPT",
    );
    fails("at 0ms; deliver VOTE n1->n0", "no such message is in flight; in flight: VOTE n0->n1 end=(-1,-1)");
    fails("at 0ms; release VOTE", "no such message is held");
    fails("at 0ms; dup VOTE n0->n1", "never delivers twice");
    fails("at 0ms; expect in flight VOTE 3", "there are 2; in flight: VOTE n0->n1");
    fails("at 0ms; expect answer VOTE n1->n0 ACCEPT", "there were 0; nothing was sent there");
    fails(
        "at 2ms; expect sequence answer VOTE n1->n0 then VOTE n0->n1",
        "after `answer VOTE n1->n0` there was no",
    );
}

#[test]
fn standing_orders_meet_messages_as_they_are_sent() {
    well("lose VOTE n0->n2; at 5ms; expect n0 role LEADER; expect n2 vote n2");
    well("lose next VOTE; at 1ms; expect n1 vote none; expect n2 vote n0");
    well("lose every 2 VOTE; at 1ms; expect n1 vote n0; expect n2 vote none");
    well(
        "catch VOTE n0->*; at 4ms; expect in flight VOTE 2; catch off; release VOTE all; at 5ms; expect n1 n2 vote n0",
    );
    well(&format!("lose *; lose off; {LED}"));
}

#[test]
fn links_are_cut_and_healed() {
    well("cut n0; at 4ms; expect n0 role CANDIDATE; expect n1 n2 vote none");
    well("cut n0->n1; at 1ms; expect n1 vote none; expect n2 vote n0; heal; heal n0 -> n1");
    well(&format!(
        "{LED}cut n0 | n1 n2; cut n0 n1 -> n2; heal n0 | n1; do n0 append x; await last\nexpect n2 end -1"
    ));
    well("shape n0->n1 latency=3ms loss=0; at 2ms; expect n1 vote none; unshape n0->n1");
    fails("cut n0->n7", "there is no n7");
}

#[test]
fn nodes_crash_pause_and_come_back() {
    well("crash n1 power; expect n1 state crashed; restart n1; pause n2; expect n2 state paused; resume n2");
    well(&format!(
        "{LED}do n0 append x; await last; crash n0; wipe n0; restart n0; expect n0 end -1 term 0 vote none"
    ));
    well(
        "skew n1 -1s; skew n1 +1s; slow n0 5ms; set heartBeatTimeIntervalMs 500; expect setting heartBeatTimeIntervalMs 500",
    );
    fails("restart n1", "n1 runs: crash it first");
    fails("set nonsense 1", "there is no setting `nonsense`");
}

#[test]
fn timers_are_fired_by_hand() {
    well("fire n1 StateMaintainer; expect n1 vote n1; expect in flight VOTE n1->n0 1; expect n0 vote none");
    well("tick n0; expect in flight VOTE 2");
    well(&format!("{LED}campaign n1; expect n1 role CANDIDATE; expect in flight VOTE n1->n2"));
    fails("fire n0 Nonsense", "n0 has no armed timer `Nonsense`; armed are: StateMaintainer in 0 ms");
}

/// The leader's timer `heartbeat` was set anew as it sent its messages of the kind Heartbeat.
#[test]
fn a_message_is_no_timer_though_it_has_its_name() {
    let sent = "cluster n0 n1 n2 engine=raft profile=etcd heartbeat_tick=3 tick_us=10000 latency=5ms seed=1\n\
                campaign n0; run until n0 role Leader; run until in flight Heartbeat n0->n1\n";
    assert_eq!(failure_of(&format!("{sent}expect timer n0 heartbeat 30ms")), None);
    let off = format!("{sent}crash n0; expect in flight Heartbeat n0->n1; expect timer n0 heartbeat off");
    assert_eq!(failure_of(&off), None);
}

#[test]
fn commands_and_their_outcomes() {
    let asked = format!("{LED}one = propose n0 x; two = do n1 append y; await all\n");
    well(&format!(
        "{asked}expect outcome one SUCCESS index=0 term=0 leader=n0 took=1ms..1s; expect outcome 1 ok"
    ));
    well(&format!(
        "{asked}expect outcome two NOT_LEADER leader=n0; expect outcome 2 404; expect outcome last failed"
    ));
    well(&format!("{asked}read n0 0; expect outcome last SUCCESS value=x; mark; expect outcome all none"));
    well(&format!(
        "{LED}cut n0; a = do n0 append x; expect outcome a no answer; crash n0; expect outcome a abandoned"
    ));
    fails(&format!("{asked}expect outcome 1..2 SUCCESS"), "`n1 append y` → NOT_LEADER");
    fails(&format!("{asked}expect outcome one SUCCESS index=7"), "`n0 append x` → SUCCESS index=0");
    fails(&format!("{asked}expect outcome three SUCCESS"), "no command is named `three`");
    fails("expect outcome last SUCCESS", "0 commands were given");
    fails("do n0 nonsense", "a node has no command `nonsense`");
    fails(&format!("{LED}cut n0; do n0 append x; await last max=1s"), "has no answer after 1000 ms");
    well(&format!(
        "{LED}repeat 3 do n0 append x then await last then expect outcome last SUCCESS\nexpect n0 end 2"
    ));
    fails("repeat 3 step 1 then expect n0 term 9", "round 1, `expect n0 term 9`: n0's term is 0");
}

#[test]
fn settling_and_finishing() {
    well("settle; expect n0 role LEADER; expect in flight none; expect n1 n2 role FOLLOWER");
    well(
        "settle among n0 n1; expect n0 role LEADER; expect n2 role CANDIDATE; expect in flight VOTE n0->n2; finish",
    );
    fails("settle max=1ms", "it did not settle within 1 ms");
    well(&format!(
        "{LED}cut n0; do n0 append x; crash n1; pause n2; advance 20s; finish; expect all log [0x]"
    ));
    fails("crash n1 n2; advance 1s; finish max=0ms", "the nodes do not agree: nobody leads");
}

#[test]
fn a_broken_rule_fails_unless_it_is_allowed() {
    let lost = "preset n0 n1 n2 log [0a]; preset n0 committed 0; reboot n0 n1 n2\n";
    well(&format!("{lost}expect rule Election safety holds; expect rule \"one vote\" holds"));
    fails("expect rule Election safety broken", "Election safety is not broken");
    fails("allow Nonsense", "there is no rule `Nonsense`; there are Election safety");
    fails("expect rule Nonsense holds", "there is no rule `Nonsense`");
}

#[test]
fn told_lines_are_compared_and_written_anew() {
    let text =
        format!("# A story.\n{START}> {LED}  something else\n\nexpect   n0 role LEADER  # as it should\n");
    let scenario = parse(&text).expect("a scenario");
    let report = run(&scenario, &mut |_, _| {});
    assert!(report.failure.is_none() && !report.ok());
    let difference = report.differences.first().expect("one");
    assert_eq!(difference.written, ["something else"]);
    let new = with_narration(&text, &scenario, &report);
    assert!(new.contains("\n  2 ms: n0 becomes LEADER"), "{new}");
    assert!(new.ends_with("\n\nexpect   n0 role LEADER  # as it should\n"), "{new}");
    let again = parse(&new).expect("a scenario");
    assert!(run(&again, &mut |_, _| {}).ok());
    assert_eq!(with_narration(&new, &again, &run(&again, &mut |_, _| {})), new);
}

#[test]
fn a_player_tells_captions_with_their_step_and_hands_the_run_over() {
    let text = format!("# One.\n\n# Two.\n{START}# Three.\n{LED}expect n0 term 5\nadvance 1s\n");
    let mut player = Player::new(parse(&text).expect("a scenario"));
    assert!(player.session().is_none());
    let first = player.next().expect("the cluster");
    assert_eq!((first.captions, first.step), (vec!["One.".to_owned(), "Two.".to_owned()], 0));
    let led = std::iter::from_fn(|| player.next()).find(|told| !told.captions.is_empty()).expect("a caption");
    assert_eq!(led.captions, ["Three."]);
    assert!(led.lines.iter().any(|line| line.contains("n0 LEADER T0")), "{:?}", led.lines);
    assert_eq!(Some(led.step), player.session().map(|session| session.status().step));
    let failed = player.next().expect("the expectation");
    assert!(failed.failure.is_some());
    assert!(player.next().is_none(), "nothing runs after a failure");
    let mut session = player.into_session().expect("a run");
    assert!(session.forward());
}

#[test]
fn an_impossible_cluster_is_a_failure_with_its_place() {
    let failure = failure_of("# x\ncluster n0 engine=nonsense seed=1").expect("no such engine");
    assert!(
        failure.starts_with("2:1: `cluster n0 engine=nonsense seed=1`: there is no engine `nonsense`"),
        "{failure}"
    );
    assert!(
        failure_of("cluster n0 engine=dledger nonsense=1").expect("no such setting").contains("nonsense")
    );
}
