//! Several that use one index.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn handles_that_write_at_once_lose_nothing() {
    let home = Arc::new(Home::new());
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let home = Arc::clone(&home);
            tokio::spawn(async move {
                let index = home.open().await;
                for round in 0..20 {
                    let number = writer * 1000 + round;
                    let changed = vec![entry(number, 1), entry(9000, 1), entry(number + 500, 1)];
                    let gone = vec![entry(number + 499, 1).path];
                    index.save(changed, gone).await.unwrap();
                }
                index.close().await;
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let mut expected: Vec<_> = (0..4)
        .flat_map(|writer| (0..20).chain([519]).map(move |n| entry(writer * 1000 + n, 1)))
        .chain([entry(9000, 1)])
        .collect();
    expected.sort_by(|a, b| a.path.cmp(&b.path));
    assert_eq!(home.load().await, expected);
}

/// As one does that finds it damaged.
async fn finds_damage(home: &Home, index: &IndexFile) {
    let place = Place::of(&home.index).unwrap();
    let mut held = index.held.lock().await;
    let damaged = held.take().unwrap();
    *held = Some(connection::open_anew(&place, damaged).await.unwrap());
}

#[tokio::test]
async fn one_that_has_the_old_file_goes_on_when_another_makes_it_anew() {
    let home = Home::with(&entries(60)).await;
    let (one, other) = (home.open().await, home.open().await);
    finds_damage(&home, &other).await;
    other.save(vec![entry(1, 2)], Vec::new()).await.unwrap();

    // In the middle of a call, what it saves is lost. The next call opens the new one.
    let work = Work::new(vec![entry(2, 2)], Vec::new());
    let mut held = one.held.lock().await;
    packs::save(&mut held.as_mut().unwrap().connection, &work).await.unwrap();
    drop(held);
    assert_eq!(sorted(&one).await, [entry(1, 2)]);
    one.save(vec![entry(3, 2)], Vec::new()).await.unwrap();
    one.close().await;
    assert_eq!(sorted(&other).await, [entry(1, 2), entry(3, 2)]);
}

#[tokio::test]
async fn a_damaged_file_is_put_aside_by_the_first_of_those_that_see_it() {
    let home = Home::with(&entries(60)).await;
    let (one, other) = (home.open().await, home.open().await);
    finds_damage(&home, &one).await;
    one.save(vec![entry(1, 2)], Vec::new()).await.unwrap();
    finds_damage(&home, &other).await;
    assert_eq!(sorted(&other).await, [entry(1, 2)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_that_open_a_damaged_file_at_once_share_a_new_one() {
    let home = Arc::new(Home::new());
    fs::create_dir(home.index.parent().unwrap()).unwrap();
    fs::write(&home.index, "no database ".repeat(100)).unwrap();
    let openers: Vec<_> = (0..8)
        .map(|number| {
            let home = Arc::clone(&home);
            tokio::spawn(async move { home.save(&[entry(number, 1)]).await })
        })
        .collect();
    for opener in openers {
        opener.await.unwrap();
    }
    assert_eq!(home.load().await, entries(8));
}

#[tokio::test]
async fn a_call_whose_caller_left_does_no_harm() {
    let home = Home::with(&entries(3)).await;
    let index = home.open().await;
    for wait in 0..40 {
        let save = index.save(entries(800), Vec::new());
        drop(tokio::time::timeout(Duration::from_micros(wait * 250), save).await);
        drop(tokio::time::timeout(Duration::from_micros(wait * 50), index.load()).await);
    }
    assert!(sorted(&index).await.iter().all(|found| entries(800).contains(found)));
    index.save(entries(800), Vec::new()).await.unwrap();
    assert_eq!(sorted(&index).await, entries(800));
}

const CHILD_INDEX: &str = "THREAD_STORE_TEST_INDEX";

#[tokio::test]
async fn a_process_that_is_killed_in_the_middle_leaves_what_it_had_saved() {
    let home = Home::new();
    for round in 0..5 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "index::tests::processes::saves_until_it_is_killed", "--ignored"])
            .env(CHILD_INDEX, &home.index)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // It saves the marks one after the other.
        let mark = home.index.with_file_name("mark");
        while !mark.exists() {
            assert!(child.try_wait().unwrap().is_none());
            tokio::time::sleep(Duration::from_millis(3 + round)).await;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        fs::remove_file(&mark).unwrap();

        let found = home.load().await;
        assert_eq!(found.len(), 200);
        for (number, stored) in found.iter().enumerate() {
            assert!((1..=250).any(|version| entry(number, version) == *stored));
        }
    }
}

#[tokio::test]
#[ignore = "run by another test, and killed"]
async fn saves_until_it_is_killed() {
    let Some(path) = std::env::var_os(CHILD_INDEX) else { return };
    let index = IndexFile::open(path.as_ref()).await.unwrap();
    for version in (1..=250).cycle() {
        let all = (0..200).map(|number| entry(number, version)).collect();
        index.save(all, Vec::new()).await.unwrap();
        fs::write(Path::new(&path).with_file_name("mark"), "").unwrap();
    }
}
