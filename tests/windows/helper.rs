//! A program of Windows that shows what it was started with, and then does what `HELPER` says.

use std::{env, fs, process, thread, time::Duration};

fn main() {
    for argument in env::args().skip(1) {
        println!("arg <{argument}>");
    }
    match env::var("HELPER").unwrap_or_default().as_str() {
        "exit" => process::exit(0x4000_0001),
        // Nobody else may stand in the directory.
        "leave" => {
            let directory = env::current_dir().unwrap();
            env::set_current_dir("C:\\").unwrap();
            let removed = fs::remove_dir(directory);
            println!("removed {}", removed.map_or_else(|error| error.to_string(), |()| "yes".into()));
        }
        "sleep" => thread::sleep(Duration::from_secs(30)),
        "env" => env::vars().for_each(|(name, value)| println!("env {name}={value}")),
        _ => {}
    }
}
