//! A webhook whose answers a test chooses.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

use serde_json::Value;

/// What becomes of what is sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It is taken.
    Taken,
    /// It is refused with a status.
    Status(u16),
    /// Nothing is ever said.
    Silence,
}

/// A server for alerts.
pub struct Hook {
    pub url: String,
    taken: Arc<Mutex<Vec<Value>>>,
    asked: Arc<Mutex<usize>>,
    answer: Arc<Mutex<Answer>>,
}

impl Hook {
    pub fn new(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let hook = Self {
            url: format!("http://{}/alerts", listener.local_addr().unwrap()),
            taken: Arc::default(),
            asked: Arc::default(),
            answer: Arc::new(Mutex::new(answer)),
        };
        let (taken, asked) = (Arc::clone(&hook.taken), Arc::clone(&hook.asked));
        let answer = Arc::clone(&hook.answer);
        std::thread::spawn(move || {
            let mut open = Vec::new();
            for stream in listener.incoming().flatten() {
                let alert = read(&stream);
                *asked.lock().unwrap() += 1;
                let answer = *answer.lock().unwrap();
                let status = match answer {
                    Answer::Taken => 204,
                    Answer::Status(status) => status,
                    Answer::Silence => {
                        open.push(stream);
                        continue;
                    }
                };
                if answer == Answer::Taken {
                    taken.lock().unwrap().push(alert);
                }
                let head = format!(
                    "HTTP/1.1 {status} x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                );
                (&stream).write_all(head.as_bytes()).unwrap();
            }
        });
        hook
    }

    pub fn answers(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }

    /// How often something was sent.
    pub fn asked(&self) -> usize {
        *self.asked.lock().unwrap()
    }

    /// What was taken.
    pub fn taken(&self) -> Vec<Value> {
        self.taken.lock().unwrap().clone()
    }
}

/// The JSON that is posted.
fn read(stream: &TcpStream) -> Value {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    let mut length = 0;
    reader.read_line(&mut line).unwrap();
    assert!(line.starts_with("POST /alerts "), "{line}");
    loop {
        line.clear();
        reader.read_line(&mut line).unwrap();
        let header = line.trim().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length: ") {
            length = value.parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    serde_json::from_slice(&body).unwrap()
}
