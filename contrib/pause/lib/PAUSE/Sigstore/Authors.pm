package PAUSE::Sigstore::Authors;
use 5.020;
use strict;
use warnings;

use Errno qw(ENOENT);
use File::Spec ();

use PAUSE::Sigstore::State ();

our $VERSION = '0.01';

# Largest record, in bytes.
my $LIMIT = 64 * 1024;
# The version in a damaged file.
my $DAMAGED = 1_000_000_000;

sub new {
    my ($class, %settings) = @_;
    my $folder = File::Spec->catdir($settings{state}, 'required');
    PAUSE::Sigstore::State::make_folder($folder);
    return bless { folder => $folder, tree => $settings{tree} }, $class;
}

# The version of the record by which the gate last required signatures; undef if it required none. Of a damaged file a
# version that nothing exceeds: it still says that signatures are required.
sub known_version {
    my ($self, $author) = @_;
    return if !defined $author;
    return if !-e $self->_flag($author) && $!{ENOENT};
    my $text = PAUSE::Sigstore::State::read_file($self->_flag($author), $LIMIT) // q();
    return $text =~ /\A([0-9]{1,9})\n\z/ ? $1 : $DAMAGED;
}

# Remembers whether the gate requires signatures.
sub learn {
    my ($self, $author, $answer) = @_;
    my $known = $self->known_version($author);
    my $version = $answer->{'record-version'};
    if ($answer->{required}) {
        # The gate is careful with a record that it cannot verify now. Nobody has to have signed it.
        return if !$version;
        return if defined $known && $known != $DAMAGED && $known >= $version;
        PAUSE::Sigstore::State::write_file($self->_flag($author), "$version\n");
    }
    elsif (defined $known) {
        unlink $self->_flag($author) or die "cannot remove " . $self->_flag($author) . ": $!\n";
    }
    return;
}

# Whether signatures may be required of an author, without the gate. In doubt they are.
sub may_require {
    my ($self, $author) = @_;
    return 1 if !defined $author || -e $self->_flag($author) || !$!{ENOENT};
    my $home = File::Spec->catdir($self->{tree}, qw(authors id), substr($author, 0, 1), substr($author, 0, 2), $author);
    opendir my $folder, $home or return !$!{ENOENT};
    my @records = grep { /\A\Q$author\E-sigstore-identities-[0-9]+[.]json\z/ } readdir $folder;
    closedir $folder or return 1;
    for my $record (@records) {
        my $text = PAUSE::Sigstore::State::read_file(File::Spec->catfile($home, $record), $LIMIT);
        # Records are canonical JSON: another spelling is no record.
        return 1 if !defined $text || $text =~ /"releases":"signed"/;
    }
    return 0;
}

sub _flag {
    my ($self, $author) = @_;
    return File::Spec->catfile($self->{folder}, $author);
}

1;
