package World;
use 5.020;
use strict;
use warnings;

use File::Basename qw(dirname);
use File::Path     qw(make_path);
use File::Temp     ();
use JSON::PP       ();

use PAUSE::Sigstore ();

our $HOME    = 'T/TI/TIM';
our $ARCHIVE = "$HOME/Foo-1.0.tar.gz";
our $BUNDLE  = "$ARCHIVE.sigstore.json";
our $RECORD  = "$HOME/TIM-sigstore-identities-1.json";

# A PAUSE with a tree, a state and a clock. Its gate does what `behave` says.
sub new {
    my ($class, %settings) = @_;
    my $self = bless { folder => File::Temp->newdir, now => 1_800_000_000, log => [], runs => 0 }, $class;
    make_path("$self->{folder}/tree/authors/id");
    $self->{sigstore} = PAUSE::Sigstore->new(
        program => '/nowhere/cpan-sigstore',
        tree    => "$self->{folder}/tree",
        state   => "$self->{folder}/state",
        now     => sub { $self->{now} },
        log     => sub { push @{ $self->{log} }, @_ },
        run     => sub { my %input = @_; $self->{runs}++; return $self->{behave}->(\%input) },
        %settings,
    );
    return $self;
}

sub published {
    my ($self, $path) = @_;
    return "$self->{folder}/tree/authors/id/$path";
}

sub put {
    my ($self, $path, $bytes) = @_;
    return write_to($self->published($path), $bytes);
}

# The record of TIM, as it is published.
sub record {
    my ($self, $releases, $version) = @_;
    my $path = $RECORD =~ s/1[.]json\z/($version || 1) . '.json'/er;
    return $self->put($path, qq({"author":"TIM","identities":[],"releases":"$releases","version":1}));
}

sub upload {
    my ($self, $bytes) = @_;
    return write_to("$self->{folder}/upload", $bytes);
}

sub decide {
    my ($self, $path, $bytes) = @_;
    return $self->{sigstore}->decide(path => $path, file => $self->upload($bytes // 'archive'));
}

sub write_to {
    my ($path, $bytes) = @_;
    make_path(dirname($path));
    open my $handle, '>:raw', $path or die "cannot write $path: $!\n";
    print {$handle} $bytes;
    close $handle or die "cannot write $path: $!\n";
    return $path;
}

# The answer of an honest gate to a command, with other values.
sub answer {
    my ($input, %other) = @_;
    my %given = map { /\A--([a-z]+)=(.*)\z/ } @{ $input->{command} };
    return {
        version          => 1,
        kind             => $given{kind},
        path             => $given{path},
        digest           => PAUSE::Sigstore::digest($given{file}),
        decision         => 'accept',
        exit             => 0,
        reason           => 'signed',
        finding          => 'trusted',
        required         => JSON::PP::true,
        'record-version' => 1,
        signer           => { subject => 'tim@example.org', issuer => 'https://issuer.example' },
        text             => 'signed by tim@example.org',
        mail             => 'Signed by: tim@example.org',
        %other,
    };
}

# A run that prints this answer and exits as it says.
sub says {
    my ($answer, $code) = @_;
    return { output => JSON::PP->new->utf8->encode($answer) . "\n", errors => q(), code => $code // $answer->{exit} };
}

sub honest {
    my (%other) = @_;
    return sub { return says(answer($_[0], %other)) };
}

our %REJECTED = (decision => 'reject', exit => 13, reason => 'denied', finding => 'downgrade', text => 'downgrade', mail => 'Not published.', signer => undef);
our %LATER    = (decision => 'later', exit => 3, reason => 'awaits-bundle', finding => 'unavailable', text => 'waits', mail => 'Wait.', signer => undef);
our %OPEN     = (reason => 'not-required', finding => 'unsigned', required => JSON::PP::false, 'record-version' => 0, text => 'unsigned', mail => q(), signer => undef);

# Each way in which a gate can fail, by its name.
our %FAILURES = (
    hangs         => sub { return { output => q(), errors => q(), timed_out => 1 } },
    crashes       => sub { return { output => q(), errors => q(), signal => 11 } },
    floods        => sub { return { output => 'x' x 70_000, errors => q(), too_long => 1 } },
    'cannot run'  => sub { return { error => 'cannot fork: no memory' } },
    fails         => sub { return { output => q(), errors => 'error: cannot read', code => 1 } },
    'bad usage'   => sub { return { output => q(), errors => 'error: usage', code => 2 } },
    'not found'   => sub { return { output => q(), errors => q(), code => 127 } },
    silent        => sub { return { output => q(), errors => q(), code => 0 } },
    'no JSON'     => sub { return { output => "accept\n", errors => q(), code => 0 } },
    'a deep answer' => sub { return { output => '{"version":' . '[' x 20_000, errors => q(), code => 0 } },
    'writes more' => sub { my $run = says(answer($_[0])); $run->{output} .= "\0"; return $run },
    'cut off'     => sub { my $run = says(answer($_[0])); substr $run->{output}, -20, 20, q(); return $run },
    'two answers' => sub { my $run = says(answer($_[0])); $run->{output} x= 2; return $run },
    'a list'      => sub { return { output => '[{"decision":"accept"}]', errors => q(), code => 0 } },
    'accepts with code 3'       => sub { return says(answer($_[0]), 3) },
    'accepts with code 13'      => sub { return says(answer($_[0]), 13) },
    'rejects with code 0'       => sub { return says(answer($_[0], %REJECTED), 0) },
    'waits with code 0'         => sub { return says(answer($_[0], %LATER), 0) },
    'states another code'       => sub { return says(answer($_[0], exit => 3), 0) },
    'rejects with code 15'      => sub { return says(answer($_[0], %REJECTED, exit => 15), 15) },
    'decides nothing'           => sub { return says(answer($_[0], decision => undef)) },
    'decides otherwise'         => sub { return says(answer($_[0], decision => 'allow')) },
    'names another path'        => sub { return says(answer($_[0], path => 'O/OT/OTHER/Foo-1.0.tar.gz')) },
    'names another kind'        => sub { return says(answer($_[0], kind => 'archive')) },
    'names another digest'      => sub { return says(answer($_[0], digest => 'sha256:' . '0' x 64)) },
    'answers in version 2'      => sub { return says(answer($_[0], version => 2)) },
    'says required is a text'   => sub { return says(answer($_[0], required => 'false')) },
    'says no version'           => sub { return says(answer($_[0], 'record-version' => undef)) },
    'writes controls'           => sub { return says(answer($_[0], text => "signed\e[2J")) },
    'writes a header'           => sub { return says(answer($_[0], text => "signed\nBcc: all")) },
    'writes no ASCII'           => sub { return says(answer($_[0], mail => "\x{202e}")) },
    'writes a long mail'        => sub { return says(answer($_[0], mail => 'x' x 9000)) },
    'names no signer'           => sub { return says(answer($_[0], signer => ['tim'])) },
    'names half a signer'       => sub { return says(answer($_[0], signer => { subject => 'tim' })) },
    'gives no reason'           => sub { return says(answer($_[0], reason => undef)) },
    'gives a reason in HTML'    => sub { return says(answer($_[0], reason => '<b>signed</b>')) },
    'gives a finding in HTML'   => sub { return says(answer($_[0], finding => '<b>trusted</b>')) },
    'dies'                      => sub { die "the runner is broken\n" },
);

1;
