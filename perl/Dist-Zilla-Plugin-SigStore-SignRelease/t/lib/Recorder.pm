package Recorder;

# A replacement for cpan-sigstore: records its calls and ends as configured.

use strict;
use warnings;

use Path::Tiny qw(path tempdir);

my $PROGRAM = <<'PERL';
use strict;
use warnings;
$| = 1;
if (@ARGV && $ARGV[0] eq '--version') {
    print $version;
    exit;
}
sub note {
    my ($name, @parts) = @_;
    open my $file, '>>:raw', "$folder/$name" or die "$name: $!";
    print {$file} map { "$_\0" } @parts;
    close $file or die "$name: $!";
}
note(calls       => 1);
note(arguments   => @ARGV);
note(environment => map { "$_=$ENV{$_}" } sort keys %ENV);
if (my ($path) = map { /\A--pause-file=(.*)/s } @ARGV) {
    open my $pause, '<:raw', $path or die "$path: $!";
    local $/ = undef;
    note(pause => readline $pause);
}
eval $end;
PERL

# `end` is Perl code that the program runs last; `version` is the version that it prints.
sub new {
    my ($class, %given) = @_;
    my $folder  = tempdir();
    my $program = $folder->child('cpan-sigstore');
    my %text    = (
        folder  => "$folder",
        version => $given{version} // "cpan-sigstore 0.1.0\n",
        end     => $given{end}     // 'exit 0',
    );
    $program->spew_raw(
        "#!$^X\n",
        (map { sprintf "my \$%s = pack 'H*', '%s';\n", $_, unpack 'H*', $text{$_} } sort keys %text), $PROGRAM
    );
    $program->chmod(0755);
    return bless { folder => $folder, program => "$program" }, $class;
}

sub program { return $_[0]{program} }

sub _noted {
    my ($self, $name) = @_;
    my $file = $self->{folder}->child($name);
    return $file->exists ? split /\0/, $file->slurp_raw : ();
}

sub calls       { return scalar(my @calls = $_[0]->_noted('calls')) }
sub environment { return $_[0]->_noted('environment') }

# Returns the content of --pause-file, or undef.
sub pause { return ($_[0]->_noted('pause'))[0] }

# A test cannot know the number of the pipe.
sub arguments {
    return map {s{\A--pause-file=/dev/fd/[0-9]+\z}{--pause-file=PIPE}r} $_[0]->_noted('arguments');
}

1;
