//! A configuration of CPAN.pm, for `cpan -j`: one mirror, and sources and builds of its own.

use std::path::Path;

/// The file's text. CPAN.pm asks for what is not set, so that all it would ask is.
pub fn conf_pm(url: &str, home: &Path) -> String {
    let home = quoted(&home.to_string_lossy());
    let url = quoted(url);
    format!(
        "my $home = {home};\n\
         $CPAN::Config = {{\n\
         \x20 'urllist' => [{url}],\n\
         \x20 'pushy_https' => 0,\n\
         \x20 'cpan_home' => $home,\n\
         \x20 'keep_source_where' => \"$home/sources\",\n\
         \x20 'build_dir' => \"$home/build\",\n\
         \x20 'prefs_dir' => \"$home/prefs\",\n\
         \x20 'histfile' => \"$home/histfile\",\n\
         \x20 'auto_commit' => 0,\n\
         \x20 'build_cache' => 100,\n\
         \x20 'build_dir_reuse' => 0,\n\
         \x20 'build_requires_install_policy' => 'yes',\n\
         \x20 'cache_metadata' => 0,\n\
         \x20 'check_sigs' => 0,\n\
         \x20 'colorize_output' => 0,\n\
         \x20 'connect_to_internet_ok' => 1,\n\
         \x20 'halt_on_failure' => 1,\n\
         \x20 'index_expire' => 1,\n\
         \x20 'inhibit_startup_message' => 1,\n\
         \x20 'load_module_verbosity' => 'none',\n\
         \x20 'make' => 'make',\n\
         \x20 'make_arg' => '', 'make_install_arg' => '', 'make_install_make_command' => 'make',\n\
         \x20 'makepl_arg' => '', 'mbuild_arg' => '', 'mbuild_install_arg' => '',\n\
         \x20 'mbuild_install_build_command' => './Build', 'mbuildpl_arg' => '',\n\
         \x20 'no_proxy' => '',\n\
         \x20 'pager' => 'more',\n\
         \x20 'perl5lib_verbosity' => 'none',\n\
         \x20 'prefer_external_tar' => 0,\n\
         \x20 'prefer_installer' => 'MB',\n\
         \x20 'prerequisites_policy' => 'follow',\n\
         \x20 'recommends_policy' => 0,\n\
         \x20 'scan_cache' => 'never',\n\
         \x20 'show_upload_date' => 0,\n\
         \x20 'tar' => 'tar', 'gzip' => 'gzip', 'bzip2' => 'bzip2', 'unzip' => 'unzip',\n\
         \x20 'tar_verbosity' => 'none',\n\
         \x20 'term_is_latin' => 0,\n\
         \x20 'trust_test_report_history' => 0,\n\
         \x20 'use_prompt_default' => 0,\n\
         \x20 'use_sqlite' => 0,\n\
         \x20 'version_timeout' => 15,\n\
         \x20 'yaml_load_code' => 0,\n\
         }};\n\
         1;\n"
    )
}

/// A string of Perl's that is nothing but text.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
