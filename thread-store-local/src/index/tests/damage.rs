//! Files that are not as they were left.

use std::io::{Seek as _, SeekFrom, Write as _};

use sqlx::Connection as _;

use super::*;

/// Opens what is there, and makes sure that it gives true entries only and can be used.
async fn survives(home: &Home, stored: &[IndexEntry], what: &str) -> usize {
    let index = match IndexFile::open(&home.index).await {
        Ok(index) => index,
        // One byte tells how new it is.
        Err(IndexError::Newer { .. }) => return 0,
        Err(error) => panic!("{what}: {error:?}"),
    };
    let found = sorted(&index).await;
    assert!(found.iter().all(|entry| stored.contains(entry)), "{what}");
    assert!(found.windows(2).all(|pair| pair[0].path < pair[1].path), "{what}");
    let new = entry(9999, 9);
    index.save(vec![new.clone()], Vec::new()).await.unwrap();
    assert!(sorted(&index).await.contains(&new), "{what}");
    index.close().await;
    found.len()
}

#[tokio::test]
async fn a_flipped_byte_anywhere_costs_entries_and_changes_none() {
    let stored = entries(60);
    let home = Home::with(&stored).await;
    let sound = fs::read(&home.index).unwrap();
    // All of the header and of the table's beginning, then here and there.
    let places = (0..200).chain((200..sound.len()).step_by(977));
    for place in places {
        for flip in [0x01, 0x80, 0xff] {
            let mut damaged = sound.clone();
            damaged[place] ^= flip;
            fs::write(&home.index, damaged).unwrap();
            survives(&home, &stored, &format!("byte {place}, {flip:#x}")).await;
        }
    }
}

#[tokio::test]
async fn a_file_that_is_cut_off_gives_true_entries_or_none() {
    let stored = entries(60);
    let home = Home::with(&stored).await;
    let sound = fs::read(&home.index).unwrap();
    for length in (0..600).step_by(37).chain((600..sound.len()).step_by(7919)) {
        fs::write(&home.index, &sound[..length]).unwrap();
        survives(&home, &stored, &format!("{length} bytes")).await;
    }
}

#[tokio::test]
async fn what_is_no_database_is_put_aside() {
    for garbage in ["", "short", &"a text about something else\n".repeat(1000)] {
        let home = Home::new();
        fs::create_dir(home.index.parent().unwrap()).unwrap();
        fs::write(&home.index, garbage).unwrap();
        survives(&home, &[], garbage).await;
        let kept = fs::read_to_string(home.beside(".damaged"));
        assert_eq!(kept.ok(), Some(garbage.to_owned()).filter(|text| !text.is_empty()));
    }
}

#[tokio::test]
async fn a_database_of_another_program_is_put_aside_as_it_is() {
    let home = Home::new();
    fs::create_dir(home.index.parent().unwrap()).unwrap();
    fs::write(&home.index, "").unwrap();
    let url = format!("sqlite:{}", home.index.display());
    let mut other = SqliteConnection::connect(&url).await.unwrap();
    sqlx::raw_sql("CREATE TABLE theirs (a)").execute(&mut other).await.unwrap();
    other.close().await.unwrap();
    let bytes = fs::read(&home.index).unwrap();

    survives(&home, &[], "another program's").await;
    assert_eq!(fs::read(home.beside(".damaged")).unwrap(), bytes);
}

#[tokio::test]
async fn a_table_of_another_form_is_made_anew() {
    for change in ["DROP TABLE packs", "ALTER TABLE packs RENAME COLUMN entries TO other"] {
        let home = Home::with(&entries(3)).await;
        let index = home.open().await;
        let mut held = index.held.lock().await;
        let connection = &mut held.as_mut().unwrap().connection;
        sqlx::raw_sql(change).execute(connection).await.unwrap();
        drop(held);
        index.close().await;
        assert_eq!(survives(&home, &[], change).await, 0);
    }
}

#[tokio::test]
async fn a_log_without_its_file_is_no_part_of_the_next() {
    let home = Home::new();
    let index = home.open().await;
    index.save(entries(60), Vec::new()).await.unwrap();
    let log = fs::read(home.beside("-wal")).unwrap();
    index.close().await;
    fs::remove_file(&home.index).unwrap();
    fs::write(home.beside("-wal"), log).unwrap();
    assert_eq!(survives(&home, &[], "a log alone").await, 0);
}

#[tokio::test]
async fn damage_while_it_is_open_costs_what_was_stored() {
    let stored = entries(60);
    let home = Home::with(&stored).await;
    let length = fs::metadata(&home.index).unwrap().len();
    let index = home.open().await;
    let mut file = fs::OpenOptions::new().write(true).open(&home.index).unwrap();
    file.seek(SeekFrom::Start(0)).unwrap();
    file.write_all(&vec![0x5a; usize::try_from(length).unwrap()]).unwrap();

    assert!(index.load().await.unwrap().is_empty());
    index.save(vec![entry(1, 2)], Vec::new()).await.unwrap();
    assert_eq!(sorted(&index).await, [entry(1, 2)]);
    index.close().await;
    assert_eq!(home.load().await, [entry(1, 2)]);
}

#[tokio::test]
async fn what_is_saved_into_a_damaged_file_is_saved_into_the_new_one() {
    let home = Home::with(&entries(60)).await;
    let length = fs::metadata(&home.index).unwrap().len();
    let index = home.open().await;
    let mut file = fs::OpenOptions::new().write(true).open(&home.index).unwrap();
    file.write_all(&vec![0x5a; usize::try_from(length).unwrap()]).unwrap();
    index.save(vec![entry(1, 2)], Vec::new()).await.unwrap();
    index.close().await;
    assert_eq!(home.load().await, [entry(1, 2)]);
}

#[tokio::test]
async fn a_file_that_was_deleted_is_made_anew() {
    let home = Home::with(&entries(3)).await;
    let index = home.open().await;
    fs::remove_dir_all(home.index.parent().unwrap()).unwrap();
    index.save(vec![entry(1, 2)], Vec::new()).await.unwrap();
    assert_eq!(sorted(&index).await, [entry(1, 2)]);
    index.close().await;
    assert_eq!(home.load().await, [entry(1, 2)]);
}
