package CPAN::Sigstore::Crypto;
use 5.016;
use strict;
use warnings;

use Digest::SHA  ();
use File::Spec   ();
use File::Temp   ();
use MIME::Base64 ();
use POSIX        ();

use CPAN::Sigstore::DER     ();
use CPAN::Sigstore::Error   ();
use CPAN::Sigstore::Program ();

our $VERSION = '0.01';

our $SELECTED = $ENV{CPAN_SIGSTORE_CRYPTO};

# Most bytes of an answer of openssl that are read.
my $ANSWER_LIMIT = 4096;

my %HASH = (
    SHA256 => { size => 32, function => \&Digest::SHA::sha256 },
    SHA384 => { size => 48, function => \&Digest::SHA::sha384 },
    SHA512 => { size => 64, function => \&Digest::SHA::sha512 },
);
my %CURVE = ('1.2.840.10045.3.1.7' => 'P-256', '1.3.132.0.34' => 'P-384');
my %CURVE_SIZE = ('P-256' => 32, 'P-384' => 48);
# The order of the group of Ed25519, the highest byte first.
my $ED25519_ORDER = pack 'H*', '1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed';
my $RSA_MINIMUM = 2048;
my $RSA_MAXIMUM = 8192;

# Algorithms of signatures: kind of key, and hash.
our %SIGNATURE_ALGORITHM = (
    '1.2.840.10045.4.3.2'   => [ EC      => 'SHA256' ],
    '1.2.840.10045.4.3.3'   => [ EC      => 'SHA384' ],
    '1.2.840.10045.4.3.4'   => [ EC      => 'SHA512' ],
    '1.2.840.113549.1.1.11' => [ RSA     => 'SHA256' ],
    '1.2.840.113549.1.1.12' => [ RSA     => 'SHA384' ],
    '1.2.840.113549.1.1.13' => [ RSA     => 'SHA512' ],
    '1.3.101.112'           => [ Ed25519 => undef ],
);
our %DIGEST_ALGORITHM = (
    '2.16.840.1.101.3.4.2.1' => 'SHA256',
    '2.16.840.1.101.3.4.2.2' => 'SHA384',
    '2.16.840.1.101.3.4.2.3' => 'SHA512',
);

sub hash {
    my ($name, $bytes) = @_;
    my $hash = $HASH{$name} or _fail('unsupported', "expected SHA-256, SHA-384 or SHA-512, found $name");
    return $hash->{function}->($bytes);
}

sub _fail {
    my ($code, $message) = @_;
    return CPAN::Sigstore::Error->throw($code, $message);
}

# Reads a public key (SubjectPublicKeyInfo): its kind and, of an elliptic curve, the curve.
sub key {
    my ($spki) = @_;
    my ($algorithm, $bits, @more) = CPAN::Sigstore::DER->parse($spki, 'SEQUENCE')->members;
    _fail('unsupported', 'invalid public key: expected an algorithm and a key') if !$bits || @more;
    my ($oid, $parameters, @others) = $algorithm->members_of('SEQUENCE');
    my $name  = $oid ? $oid->oid : q();
    my $bytes = $bits->bits;
    if ($name eq '1.2.840.10045.2.1' && $parameters && !@others) {
        my $curve = $CURVE{ $parameters->oid } or _fail('unsupported', 'invalid public key: expected P-256 or P-384');
        _fail('unsupported', 'invalid public key: expected a whole point')
            if $bytes !~ /\A\x04/ || length $bytes != 1 + 2 * $CURVE_SIZE{$curve};
        return { kind => 'EC', curve => $curve, spki => $spki };
    }
    if ($name eq '1.3.101.112' && !$parameters) {
        _fail('unsupported', 'invalid public key: expected 32 bytes of Ed25519') if length $bytes != 32;
        return { kind => 'Ed25519', spki => $spki, bytes => $bytes };
    }
    if ($name eq '1.2.840.113549.1.1.1' && $parameters && $parameters->is('NULL') && !@others) {
        my ($modulus, $exponent, @rest) = CPAN::Sigstore::DER->parse($bytes, 'SEQUENCE')->members;
        _fail('unsupported', 'invalid public key: expected modulus and exponent') if !$exponent || @rest;
        $exponent->positive;
        my $size = 8 * length($modulus->positive =~ s/\A\x00//r);
        _fail('unsupported', "invalid public key: expected $RSA_MINIMUM to $RSA_MAXIMUM bits") if $size < $RSA_MINIMUM || $size > $RSA_MAXIMUM;
        return { kind => 'RSA', size => $size / 8, spki => $spki };
    }
    return _fail('unsupported', 'invalid public key: expected ECDSA, Ed25519 or RSA');
}

# The hash that goes with a key where nothing else names one.
sub default_hash {
    my ($key) = @_;
    return $key->{kind} eq 'Ed25519' ? undef : ($key->{curve} // q()) eq 'P-384' ? 'SHA384' : 'SHA256';
}

# Whether a signature of a message is by a key. The hash is undefined for Ed25519 alone.
sub verify {
    my ($key, $hash, $signature, $message) = @_;
    if ($key->{kind} eq 'Ed25519') {
        return 0 if defined $hash || length $signature != 64 || !_is_reduced(substr $signature, 32);
        return _backend()->{ed25519}->($key, $signature, $message) ? 1 : 0;
    }
    return 0 if !defined $hash;
    return verify_digest($key, $hash, $signature, hash($hash, $message));
}

# Whether the second half of a signature by Ed25519 is below the order of the group. Not every verifier checks it.
sub _is_reduced {
    my ($number) = @_;
    return scalar(reverse $number) lt $ED25519_ORDER;
}

# The same, of a message whose digest is known. Ed25519 has no such signatures.
sub verify_digest {
    my ($key, $hash, $signature, $digest) = @_;
    my $known = $HASH{ $hash // q() };
    return 0 if !$known || length $digest != $known->{size};
    if ($key->{kind} eq 'EC') {
        return 0 if !_is_ecdsa($key, $signature);
        return _backend()->{ecdsa}->($key, $signature, $digest) ? 1 : 0;
    }
    return 0 if $key->{kind} ne 'RSA' || length $signature != $key->{size};
    return _backend()->{rsa}->($key, $hash, $signature, $digest) ? 1 : 0;
}

# Whether a signature has the one form of its two numbers.
sub _is_ecdsa {
    my ($key, $signature) = @_;
    my @numbers = eval { map { $_->positive } CPAN::Sigstore::DER->parse($signature, 'SEQUENCE')->members };
    return @numbers == 2 && !grep { /\A\x00*\z/ || length(s/\A\x00//r) > $CURVE_SIZE{ $key->{curve} } } @numbers;
}

# The name of what checks signatures: `CryptX` or `openssl`. It throws where there is neither.
sub name { return _backend()->{name} }

my %backend;

# Looks for the verifiers again, by another environment.
sub forget {
    %backend = ();
    return;
}

sub _backend {
    my $selected = $SELECTED // q();
    return $backend{$selected} ||= _find($selected);
}

# `CPAN_SIGSTORE_CRYPTO` selects one of them. Without any of them nothing is verified.
sub _find {
    my ($selected) = @_;
    _fail('crypto', "invalid CPAN_SIGSTORE_CRYPTO: expected CryptX, openssl or none, found `$selected`")
        if $selected !~ /\A(?:CryptX|openssl|none|)\z/;
    my $found;
    $found ||= _cryptx()  if $selected eq q() || $selected eq 'CryptX';
    $found ||= _openssl() if $selected eq q() || $selected eq 'openssl';
    return $found // _fail('crypto', 'cannot verify signatures: install the Perl module CryptX, or the program openssl');
}

sub _cryptx {
    # CryptX may be missing, and the current folder may be somebody else's.
    local @INC = grep { ref || $_ ne '.' } @INC;
    return if !eval { require Crypt::PK::ECC; require Crypt::PK::Ed25519; require Crypt::PK::RSA; 1 };
    return {
        name  => 'CryptX',
        ecdsa => sub {
            my ($key, $signature, $digest) = @_;
            return eval { Crypt::PK::ECC->new(\$key->{spki})->verify_hash($signature, $digest) };
        },
        rsa => sub {
            my ($key, $hash, $signature, $digest) = @_;
            return eval { Crypt::PK::RSA->new(\$key->{spki})->verify_hash($signature, $digest, $hash, 'v1.5') };
        },
        ed25519 => sub {
            my ($key, $signature, $message) = @_;
            return eval { Crypt::PK::Ed25519->new->import_key_raw($key->{bytes}, 'public')->verify_message($signature, $message) };
        },
    };
}

sub _openssl {
    my $program = CPAN::Sigstore::Program::in_path('openssl') // return;
    return {
        name  => 'openssl',
        ecdsa => sub {
            my ($key, $signature, $digest) = @_;
            return _run($program, $key, $signature, $digest);
        },
        rsa => sub {
            my ($key, $hash, $signature, $digest) = @_;
            return _run($program, $key, $signature, $digest, '-pkeyopt', 'rsa_padding_mode:pkcs1', '-pkeyopt', 'digest:' . lc $hash);
        },
        ed25519 => sub {
            my ($key, $signature, $message) = @_;
            return _run($program, $key, $signature, $message, '-rawin');
        },
    };
}

# Runs `openssl pkeyutl -verify` with private files. Only the exit code 0 of the program is a pass.
sub _run {
    my ($program, $key, $signature, $data, @options) = @_;
    my $folder = File::Temp->newdir('cpan-sigstore-XXXXXXXX', TMPDIR => 1);
    my $pem    = "-----BEGIN PUBLIC KEY-----\n" . MIME::Base64::encode_base64($key->{spki}) . "-----END PUBLIC KEY-----\n";
    my %file   = (key => $pem, signature => $signature, data => $data);
    for my $name (sort keys %file) {
        my $path = File::Spec->catfile($folder, $name);
        open my $handle, '>:raw', $path or _fail('crypto', "cannot write $path: $!");
        print {$handle} $file{$name} or _fail('crypto', "cannot write $path: $!");
        close $handle or _fail('crypto', "cannot write $path: $!");
        $file{$name} = $path;
    }
    my @command = (
        $program, 'pkeyutl', '-verify', '-pubin', '-inkey', $file{key}, '-sigfile', $file{signature}, '-in', $file{data}, @options,
    );
    my ($status, $output) = _capture($folder, @command);
    return 1 if $status == 0 && $output =~ /^Signature Verified Successfully$/m;
    return 0 if $status >> 8 == 1 && !($status & 0xFF) && $output =~ /^Signature Verification Failure$/m;
    # Anything else is no answer, such as a version that does not know an option.
    return _fail('crypto', "cannot run $program: it gave no answer about a signature");
}

sub _capture {
    my ($folder, @command) = @_;
    my $path = File::Spec->catfile($folder, 'output');
    # Where children are not waited for, their exit code is lost.
    local $SIG{CHLD} = 'DEFAULT';
    my $process = fork // _fail('crypto', "cannot run $command[0]: $!");
    if (!$process) {
        # No configuration or engine of the environment takes part.
        delete @ENV{qw(OPENSSL_CONF OPENSSL_MODULES OPENSSL_ENGINES SSL_CERT_FILE SSL_CERT_DIR)};
        local $SIG{__DIE__};
        open STDIN,  '<', File::Spec->devnull and open STDOUT, '>', $path and open STDERR, '>', File::Spec->devnull
            and do { no warnings 'exec'; exec { $command[0] } @command };
        POSIX::_exit(127);
    }
    waitpid $process, 0;
    my $status = $?;
    open my $handle, '<:raw', $path or return ($status, q());
    my $output = q();
    my $count  = read $handle, $output, $ANSWER_LIMIT;
    close $handle or return ($status, q());
    return ($status, $count ? $output : q());
}

1;

__END__

=head1 NAME

CPAN::Sigstore::Crypto - signatures by ECDSA, Ed25519 and RSA

=head1 SYNOPSIS

    use CPAN::Sigstore::Crypto;

    my $key = CPAN::Sigstore::Crypto::key($spki);
    print "valid\n" if CPAN::Sigstore::Crypto::verify($key, 'SHA256', $signature, $message);
    print CPAN::Sigstore::Crypto::name(), "\n";

=head1 DESCRIPTION

It verifies by L<CryptX>, or by the program C<openssl> of version 3 where CryptX
is not installed. It takes neither from the current folder. Without either it throws an error: nothing is ever a pass that
was not verified. The environment variable C<CPAN_SIGSTORE_CRYPTO> selects
C<CryptX>, C<openssl> or C<none>.

=head1 FUNCTIONS

=head2 key(SPKI)

Returns the public key in a SubjectPublicKeyInfo: P-256, P-384, Ed25519, or RSA
of 2048 to 8192 bits.

=head2 verify(KEY, HASH, SIGNATURE, MESSAGE)

=head2 verify_digest(KEY, HASH, SIGNATURE, DIGEST)

Returns whether the signature is by the key. The hash is C<SHA256>, C<SHA384> or
C<SHA512>, and undefined for Ed25519. A signature by ECDSA is in DER.

=head2 default_hash(KEY)

=head2 hash(NAME, BYTES)

The hash that goes with a key, and a digest.

=head2 name

Returns the name of the verifier, or throws an error with the code C<crypto>.

=head2 forget

Looks for verifiers again, after a change of C<PATH>.

=cut
