package Exhibit;
use strict;
use warnings;

use Exporter qw(import);
use FindBin  ();
use JSON::PP ();

use MIME::Base64 qw(encode_base64 decode_base64);

use CPAN::Sigstore::TrustedRoot ();
use CPAN::Sigstore::Verifier    ();

our @EXPORT_OK = qw(slurp read_file flip_last_bit);

my $JSON = JSON::PP->new->utf8->canonical;

# The time of the tests: after all signatures of t/signed.
our $NOW = 1_800_000_000;

# A file of t/signed.
sub slurp { return read_file("$FindBin::Bin/signed/$_[0]") }

sub read_file {
    my ($path) = @_;
    open my $handle, '<:raw', $path or die "cannot read $path: $!\n";
    my $bytes = do { local $/ = undef; <$handle> } // q();
    close $handle or die "cannot read $path: $!\n";
    return $bytes;
}

# A signed file that a test changes: its content, the text of its bundle, and the trusted root.
sub new {
    my ($class, $bundle, %parts) = @_;
    my $self = bless {
        content => slurp($parts{file} // 'Foo-Bar-1.02.tar.gz'),
        bundle  => slurp("$bundle.json"),
        root    => slurp(($parts{root} // 'here') . '.trusted_root.json'),
    }, $class;
    return $self;
}

# The verified signature, or the code of the error.
sub verify {
    my ($self) = @_;
    my $verified = eval {
        CPAN::Sigstore::Verifier::verify(
            root    => CPAN::Sigstore::TrustedRoot->parse($self->{root}),
            bundle  => $self->{bundle},
            content => $self->{content},
            now     => $NOW,
        );
    };
    return ($verified, ref $@ ? $@->code : $@);
}

# What a test compares: `valid`, or the code of the error.
sub outcome {
    my ($self) = @_;
    my ($verified, $error) = $self->verify;
    return $verified ? 'valid' : $error;
}

sub document { return $JSON->decode($_[0]{bundle}) }

# Changes the bundle as a document.
sub edit {
    my ($self, $change) = @_;
    my $document = $self->document;
    $change->($document);
    $self->{bundle} = $JSON->encode($document);
    return $self;
}

sub edit_root {
    my ($self, $change) = @_;
    my $document = $JSON->decode($self->{root});
    $change->($document);
    $self->{root} = $JSON->encode($document);
    return $self;
}

# The place of a value: a reference to it. Keys are separated by slashes.
sub place {
    my ($document, $path) = @_;
    my $place = \$document;
    for my $key (split m{/}, $path) {
        $place = ref $$place eq 'ARRAY' ? \$$place->[$key] : \$$place->{$key};
    }
    return $place;
}

sub set {
    my ($self, $path, $value) = @_;
    return $self->edit(sub { ${ place($_[0], $path) } = $value });
}

sub remove {
    my ($self, $path, $key) = @_;
    return $self->edit(sub { delete ${ place($_[0], $path) }->{$key} });
}

sub borrow {
    my ($self, $other, $path) = @_;
    return $self->set($path, ${ place(Exhibit->new($other)->document, $path) });
}

sub edit_text {
    my ($self, $path, $change) = @_;
    return $self->edit(sub { my $place = place($_[0], $path); local $_ = $$place; $change->(); $$place = $_ });
}

# Changes the bytes of base64.
sub edit_bytes {
    my ($self, $path, $change) = @_;
    return $self->edit_text($path, sub { $_ = decode_base64($_); $change->(); $_ = encode_base64($_, q()) });
}

sub flip_last_bit { substr($_, -1, 1) ^= "\x01"; return }

1;
