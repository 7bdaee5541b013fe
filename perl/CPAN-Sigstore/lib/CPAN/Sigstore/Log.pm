package CPAN::Sigstore::Log;
use 5.016;
use strict;
use warnings;

use Digest::SHA qw(sha256);
use MIME::Base64 ();

use CPAN::Sigstore::Crypto ();
use CPAN::Sigstore::Error  ();
use CPAN::Sigstore::Fields ();

our $VERSION = '0.01';

# Largest checkpoint, in bytes, and most signatures on it.
my $CHECKPOINT_LIMIT = 16 * 1024;
my $SIGNATURE_LIMIT  = 32;

sub _fail {
    my ($code, $message) = @_;
    return CPAN::Sigstore::Error->throw($code, "invalid log entry: $message");
}

# The log that an entry names, if it is trusted and has signed the checkpoint by its own account.
sub find {
    my ($root, $entry) = @_;
    my ($log) = grep { $_->{id} eq $entry->{log_id} } $root->logs;
    _fail('log-unknown', 'expected a trusted log') if !$log;
    my $checkpoint = $entry->{checkpoint};
    _check_signers($root, $log, $checkpoint);
    # A log of Rekor v2 is named by its address.
    _fail('checkpoint-origin', "expected a checkpoint of $log->{url}, found one of $checkpoint->{origin}")
        if $entry->{is_v2} && $checkpoint->{origin} ne _host($log->{url});
    return $log;
}

# Proves that an entry is in its log.
sub prove {
    my ($log, $entry) = @_;
    my $checkpoint = $entry->{checkpoint};
    my $hash = _root_hash($entry->{body}, $entry->{proof_index}, $checkpoint->{size}, @{ $entry->{hashes} });
    _fail('inclusion-proof-invalid', 'expected a proof that leads to the checkpoint') if !defined $hash || $hash ne $checkpoint->{hash};
    my $is_signed = grep { _is_hint_of($log, $_->{hint}) && CPAN::Sigstore::Crypto::verify($log->{key}, $log->{hash}, $_->{bytes}, $checkpoint->{text}) }
        @{ $checkpoint->{signatures} };
    _fail('checkpoint-invalid', 'expected a checkpoint that is signed by the log') if !$is_signed;
    return;
}

sub _is_hint_of { return substr($_[0]{id}, 0, 4) eq $_[1] }

# The entry's own log, and no other trusted one, has signed the checkpoint.
sub _check_signers {
    my ($root, $log, $checkpoint) = @_;
    my @hints = map { $_->{hint} } @{ $checkpoint->{signatures} };
    _fail('checkpoint-origin', "expected a checkpoint with a signature of $log->{url}") if !grep { _is_hint_of($log, $_) } @hints;
    for my $other (grep { $_->{id} ne $log->{id} } $root->logs) {
        _fail('checkpoint-origin', "expected a checkpoint of $log->{url}, found a signature of $other->{url}")
            if grep { _is_hint_of($other, $_) } @hints;
    }
    return;
}

sub _host {
    my ($url) = @_;
    my ($host, $port) = $url =~ m{\Ahttps?://(?:[^/?#\@]*\@)?(\[[^\]]*\]|[^/:?#\@\[\]]+)(?::([0-9]*))?(?:[/?#]|\z)}i or return q();
    return ($port // q()) =~ /\A0*([0-9]{0,5})\z/ && ($1 || 0) <= 65_535 ? lc $host : q();
}

# A checkpoint: a signed note (C2SP) of origin, size and root.
sub parse_checkpoint {
    my ($note) = @_;
    _fail('checkpoint-invalid', "expected a checkpoint of at most $CHECKPOINT_LIMIT bytes") if _size($note) > $CHECKPOINT_LIMIT;
    my ($text, $signatures, @more) = split /\n\n/, $note, -1;
    _fail('checkpoint-invalid', 'expected a signed note') if !defined $signatures || @more || $signatures !~ /\n\z/;
    _fail('checkpoint-invalid', 'expected text without control characters') if $text =~ /[\x00-\x09\x0B-\x1F\x7F]/;
    my ($origin, $size, $hash) = split /\n/, $text;
    _fail('checkpoint-invalid', 'expected origin, size and root of the log') if !defined $hash || $origin eq q();
    my @signatures;
    for my $line (split /\n/, $signatures) {
        # A name has no white space of any kind.
        my ($name, $base64) = $line =~ /\A\x{2014} (\S+) ([A-Za-z0-9+\/=]+)\z/ or _fail('checkpoint-invalid', 'expected signatures');
        my $bytes = _bytes($base64);
        _fail('checkpoint-invalid', 'expected a whole signature') if length $bytes < 5;
        push @signatures, { name => $name, hint => substr($bytes, 0, 4), bytes => substr $bytes, 4 };
    }
    $text .= "\n";
    utf8::encode($text);
    _fail('checkpoint-invalid', "expected at most $SIGNATURE_LIMIT signatures") if @signatures > $SIGNATURE_LIMIT;
    $hash = _bytes($hash);
    _fail('checkpoint-invalid', 'expected a root of 32 bytes') if length $hash != 32;
    return {
        text => $text, origin => $origin, hash => $hash, signatures => \@signatures,
        size => CPAN::Sigstore::Fields::number($size, 'checkpoint'),
    };
}

sub _size {
    my ($text) = @_;
    utf8::encode($text);
    return length $text;
}

sub _bytes {
    my ($base64) = @_;
    return eval { CPAN::Sigstore::Fields::bytes($base64) } // _fail('checkpoint-invalid', 'expected base64');
}

# RFC 9162, 2.1.3.2: the root to which a proof leads, or undef.
sub _root_hash {
    my ($body, $index, $size, @hashes) = @_;
    return if $index >= $size;
    my ($node, $last) = ($index, $size - 1);
    my $hash = sha256("\x00$body");
    for my $sibling (@hashes) {
        return if $last == 0;
        if ($node & 1 || $node == $last) {
            $hash = sha256("\x01$sibling$hash");
            while (!($node & 1) && $node != 0) { $_ >>= 1 for $node, $last }
        }
        else {
            $hash = sha256("\x01$hash$sibling");
        }
        $_ >>= 1 for $node, $last;
    }
    return $last == 0 ? $hash : undef;
}

# The promise of Rekor v1, which is the only signature over the time of the log.
sub check_promise {
    my ($log, $entry) = @_;
    my $text = sprintf '{"body":"%s","integratedTime":%d,"logID":"%s","logIndex":%d}',
        MIME::Base64::encode_base64($entry->{body}, q()), $entry->{time}, unpack('H*', $entry->{log_id}), $entry->{index};
    _fail('inclusion-promise-invalid', 'expected a promise that is signed by the log')
        if !CPAN::Sigstore::Crypto::verify($log->{key}, $log->{hash}, $entry->{promise}, $text);
    return;
}

1;

__END__

=head1 NAME

CPAN::Sigstore::Log - an entry of a transparency log

=head1 SYNOPSIS

    use CPAN::Sigstore::Log;

    my $log = CPAN::Sigstore::Log::find($root, $entry);
    CPAN::Sigstore::Log::prove($log, $entry);
    print "in $log->{url}\n";

=head1 DESCRIPTION

Entries of Rekor v1 and v2: inclusion proof (RFC 9162), checkpoint (a signed note
of C2SP) by the log that the entry names, and promise. L<CPAN::Sigstore::Bundle>
reads the entries.

=head1 FUNCTIONS

All of them throw a L<CPAN::Sigstore::Error> with one of the codes
C<log-unknown>, C<checkpoint-origin>, C<checkpoint-invalid>,
C<inclusion-proof-invalid> and C<inclusion-promise-invalid>.

=head2 find(ROOT, ENTRY)

Returns the log that an entry names. Nothing is proved yet.

=head2 prove(LOG, ENTRY)

=head2 check_promise(LOG, ENTRY)

Return only if the entry is in the log, and if the log signed the promise.

=head2 parse_checkpoint(NOTE)

Returns the parts of a checkpoint, which is not verified.

=cut
