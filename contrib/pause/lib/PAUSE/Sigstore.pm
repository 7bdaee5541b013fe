package PAUSE::Sigstore;
use 5.020;
use strict;
use warnings;

use Carp        qw(croak);
use Digest::SHA ();
use File::Spec  ();

use PAUSE::Sigstore::Answer  ();
use PAUSE::Sigstore::Authors ();
use PAUSE::Sigstore::Files   ();
use PAUSE::Sigstore::Path    ();
use PAUSE::Sigstore::Program ();
use PAUSE::Sigstore::Result  ();
use PAUSE::Sigstore::State   ();
use PAUSE::Sigstore::Switch  ();

our $VERSION = '0.01';

# Seconds that the gate may take. The program ends by itself a little earlier.
my $TIMEOUT = 20;

sub new {
    my ($class, %settings) = @_;
    for my $needed (qw(program tree state)) {
        croak "missing setting: expected $needed" if !defined $settings{$needed};
    }
    my @program = ref $settings{program} ? @{ $settings{program} } : $settings{program};
    croak "invalid program: expected an absolute path, found $program[0]"
        if !File::Spec->file_name_is_absolute($program[0]);
    croak "invalid tree: expected a folder with authors/id, found $settings{tree}"
        if !-d File::Spec->catdir($settings{tree}, qw(authors id));
    PAUSE::Sigstore::State::make_folder($settings{state});
    croak "invalid state: expected a folder, found $settings{state}" if !-d $settings{state};
    # All folders are there before the web reads them.
    PAUSE::Sigstore::Files->new(state => $settings{state});

    my $self = bless {
        %settings,
        program => \@program,
        timeout => $settings{timeout} // $TIMEOUT,
        now     => $settings{now}     // sub { time },
        log     => $settings{log}     // sub { },
        options => $settings{options} // [],
    }, $class;
    $self->{run}     //= sub { PAUSE::Sigstore::Program->run(@_) };
    $self->{switch}  = PAUSE::Sigstore::Switch->new(state => $settings{state}, now => $self->{now});
    $self->{authors} = PAUSE::Sigstore::Authors->new(state => $settings{state}, tree => $settings{tree});
    return $self;
}

# Decides about a fetched file. Never dies for a reason that lies in the gate or in the file.
sub decide {
    my ($self, %input) = @_;
    my ($path, $file) = @input{qw(path file)};
    my $place = PAUSE::Sigstore::Path->of($path);
    return $self->_result(undef, decision => 'publish', reason => 'not-asked') if !$place;

    # The daemon keeps its own errors, and its handler.
    local ($@, $!, $?);
    local $SIG{__DIE__} = 'DEFAULT';
    my $result = eval { $self->_decide($place, $file) };
    # Without an answer, a fault in this module included, the rule is the same.
    $result //= $self->_without_answer($place, 'internal error: ' . _one_line($@));
    eval { $self->{log}->($result->log_line); 1 } or warn $@;
    return $result;
}

sub _decide {
    my ($self, $place, $file) = @_;
    # PAUSE writes no such path, so that it is no fault of the gate.
    return $self->_without_answer($place, 'invalid path') if !defined $place->author;
    my $digest = digest($file);
    return $self->_without_answer($place, 'the gate is switched off') if !$self->{switch}->allows($place->author);

    my $run     = $self->{run}->(command => $self->_command($place, $file), timeout => $self->{timeout});
    my $expects = { kind => $place->kind, path => $place->text, digest => $digest };
    my ($answer, $fault) = PAUSE::Sigstore::Answer->of($run, $expects);
    $fault //= $self->_contradiction($place, $answer);
    if (defined $fault) {
        my $alarm = $self->{switch}->failed($place->author, $fault);
        return $self->_without_answer($place, $fault, $alarm);
    }

    my $back = $self->{switch}->succeeded($place->author);
    $self->{authors}->learn($place->author, $answer);
    my %decision = (accept => 'publish', later => 'wait', reject => 'refuse');
    return $self->_result(
        $place,
        decision => $decision{ $answer->{decision} },
        answer   => $answer,
        digest   => $digest,
        alarm    => $back,
    );
}

# What the gate knew once it cannot forget, and it requires no signature that is not there.
sub _contradiction {
    my ($self, $place, $answer) = @_;
    my $known = $self->{authors}->known_version($place->author);
    return "the gate forgot version $known of the record of " . $place->author
        if defined $known && !$answer->{required} && $answer->{'record-version'} <= $known;
    return if $place->kind ne 'release';
    return 'the gate holds back an archive of an author who requires no signature'
        if !$answer->{required} && $answer->{decision} ne 'accept';
    return 'the gate accepts an archive whose bundle is not published'
        if $answer->{required} && $answer->{decision} eq 'accept' && !-s $self->_published($place->text . $PAUSE::Sigstore::Path::BUNDLE);
    return;
}

sub _without_answer {
    my ($self, $place, $fault, $alarm) = @_;
    my $waits = $self->{authors}->may_require($place->author) || $place->kind eq 'record'
        # Nothing says that it is no worse than what is there.
        || ($place->kind eq 'bundle' && -e $self->_published($place->text));
    return $self->_result(
        $place,
        decision => $waits ? 'wait' : 'publish',
        reason   => 'no-answer',
        fault    => $fault,
        alarm    => $alarm,
    );
}

sub _command {
    my ($self, $place, $file) = @_;
    # The program ends first, and says why in the log.
    my $limit = int $self->{timeout} - 1;
    return [
        @{ $self->{program} }, 'gate',
        '--kind=' . $place->kind,
        '--path=' . $place->text,
        '--file=' . File::Spec->rel2abs($file),
        '--cpan=' . $self->{tree},
        '--timeout=' . ($limit < 1 ? 1 : $limit),
        @{ $self->{options} },
    ];
}

sub _published {
    my ($self, $path) = @_;
    return File::Spec->catfile($self->{tree}, qw(authors id), split m{/}, $path);
}

sub _result {
    my ($self, $place, %fields) = @_;
    return PAUSE::Sigstore::Result->new(place => $place, %fields);
}

# Whether the published file may be deleted; else the reason. With a list of all files that go with it.
sub keeps {
    my ($self, $path, @with) = @_;
    my $place = PAUSE::Sigstore::Path->of($path) or return;
    return 'an author record is never deleted: without it, nobody knows who may sign' if $place->is_record;
    return if $place->kind ne 'bundle';
    my $archive = $place->signed_file;
    return if grep { $_ eq $archive } @with;
    return -e $self->_published($archive) ? "it is the signature of $archive, which remains" : undef;
}

sub digest {
    my ($file) = @_;
    return 'sha256:' . Digest::SHA->new(256)->addfile($file, 'b')->hexdigest;
}

sub _one_line {
    my ($text) = @_;
    $text =~ s/[^\x20-\x7e]+/ /g;
    return substr $text, 0, 400;
}

1;

__END__

=head1 NAME

PAUSE::Sigstore - hold uploads to the signatures that their authors require

=head1 SYNOPSIS

  my $sigstore = PAUSE::Sigstore->new(
      program => '/usr/bin/cpan-sigstore',
      tree    => '/home/ftp/pub/PAUSE',        # has authors/id
      state   => '/home/puppet/sigstore-state',
      log     => sub { $self->logge("Info: $_[0]") },
  );

  my $result = $sigstore->decide(path => $uriid, file => $tpath);
  if ($result->refused)  { ... $result->mail_refused ... }
  if (!$result->publishes) { return }          # try again later
  ...
  $result->holds(path => $uriid, file => $tpath) or return;
  rename $tpath, $lpath;

=head1 DESCRIPTION

The module runs C<cpan-sigstore gate> for archives, bundles and author records, and checks its answer. It uses only
modules of Perl itself.

Authors require signatures by their own record, which says C<"releases":"signed">. If the gate has no answer, their
uploads wait. Archives of all other authors are published as before. The page F<docs/operators/pause-gate.md> of
cpan-sigstore explains where each call belongs.

=head1 METHODS

=head2 new(%settings)

C<program>: the absolute path of C<cpan-sigstore>, or a list with arguments before C<gate>. C<tree>: the folder of
published files. C<state>: a folder that the daemon may write and the web may read. Optional: C<timeout> in seconds
(20), C<options> for the program, such as C<['--trusted-root', FILE]>, and C<log>, C<now> and C<run> as functions.

=head2 decide(path => PATH, file => FILE)

Returns a L<PAUSE::Sigstore::Result>. C<PATH> is below F<authors/id>. It never dies because of the gate.

=head2 keeps(PATH, @with)

Returns the reason why a file must not be deleted, or nothing. C<@with> are the paths that are deleted with it.

=cut
