//! Pages that the browser shows after a login.

/// Returns a small page that loads nothing.
pub(super) fn html(title: &str, text: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <style>body{{font:16px sans-serif;max-width:32em;margin:4em auto}}</style></head>\
         <body><h1>{title}</h1><p>{text}</p></body></html>\n"
    )
}
