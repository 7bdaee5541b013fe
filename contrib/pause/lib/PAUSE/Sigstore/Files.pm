package PAUSE::Sigstore::Files;
use 5.020;
use strict;
use warnings;

use File::Spec ();
use JSON::PP   ();

use PAUSE::Sigstore::Path  ();
use PAUSE::Sigstore::State ();

our $VERSION = '0.01';

# Largest file of one author, in bytes.
my $LIMIT = 16 * 1024 * 1024;

# The state of the published files, for the list of files in the web: one file for each author.
sub new {
    my ($class, %settings) = @_;
    my $folder = File::Spec->catdir($settings{state}, 'files');
    PAUSE::Sigstore::State::make_folder($folder);
    return bless { folder => $folder }, $class;
}

# Notes the result about a file that was published with it. A refused file changes nothing: the state is that of the
# bytes that are published.
sub published {
    my ($self, $result, $now) = @_;
    my $place = $result->{place};
    return if !$place || !defined $place->author || !$result->publishes;
    my $answer = $result->answer;
    my %entry  = (
        time   => $now,
        reason => $result->reason,
        $answer                 ? (map { $_ => $answer->{$_} } grep { defined $answer->{$_} } qw(digest finding text)) : (),
        defined $result->signer ? (signer => $result->signer) : (),
    );
    return $self->_change($place, sub { $_[0]{ $place->text } = \%entry });
}

# Forgets a deleted file.
sub deleted {
    my ($self, $path) = @_;
    my $place = PAUSE::Sigstore::Path->of($path);
    return if !$place || !defined $place->author;
    return $self->_change($place, sub { delete $_[0]{$path} });
}

# The state of all files of an author, by path below authors/id.
sub of {
    my ($self, $author) = @_;
    return {} if $author !~ /\A[A-Z][A-Z0-9-]+\z/;
    return _read($self->_file($author));
}

# The file is published whether or not its state can be written.
sub _change {
    my ($self, $place, $change) = @_;
    my $file = $self->_file($place->author);
    local $@;
    local $SIG{__DIE__} = 'DEFAULT';
    eval {
        PAUSE::Sigstore::State::locked(
            $file,
            sub {
                my $files = _read($file);
                $change->($files);
                PAUSE::Sigstore::State::write_file($file, JSON::PP->new->canonical->ascii->encode($files));
                return;
            }
        );
        1;
    } or warn $@;
    return;
}

sub _file {
    my ($self, $author) = @_;
    return File::Spec->catfile($self->{folder}, "$author.json");
}

sub _read {
    my ($file) = @_;
    my $text  = PAUSE::Sigstore::State::read_file($file, $LIMIT);
    my $files = defined $text ? eval { JSON::PP->new->decode($text) } : undef;
    return ref $files eq 'HASH' ? $files : {};
}

1;
