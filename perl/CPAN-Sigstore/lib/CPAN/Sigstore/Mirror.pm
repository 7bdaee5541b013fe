package CPAN::Sigstore::Mirror;
use 5.016;
use strict;
use warnings;

use Errno      ();
use HTTP::Tiny ();

use CPAN::Sigstore::Error ();

our $VERSION = '0.01';

# Largest file, in bytes, seconds for an answer, and redirects.
our $SIZE_LIMIT   = 512 * 1024 * 1024;
my $TIMEOUT        = 30;
my $REDIRECT_LIMIT = 5;
# Longest answer with another status than 200, in bytes. Only an object store has something to say.
my $ANSWER_LIMIT   = 64 * 1024;

# A CPAN at an address, or in a folder.
sub new {
    my ($class, $base) = @_;
    $base =~ s{/*\z}{/};
    if ($base =~ m{\Afile://(?:localhost)?(/.*)\z}s) { return bless { base => $base, folder => _unescaped($1) }, $class }
    return bless { base => $base, folder => $base }, $class if $base =~ m{\A/};
    _fail("invalid address of a CPAN: expected https://, http:// or file:///, found $base") if $base !~ m{\Ahttps?://[^/]}i;
    return bless { base => $base, http => HTTP::Tiny->new(timeout => $TIMEOUT, verify_SSL => 1, max_redirect => 0, max_size => $ANSWER_LIMIT, agent => "CPAN-Sigstore/$VERSION") }, $class;
}

sub _unescaped { return $_[0] =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ger }

sub _fail {
    my ($message) = @_;
    return CPAN::Sigstore::Error->throw('retrieval', $message);
}

sub base { return $_[0]{base} }

# The bytes of a file, or nothing if there is none. "Unknown" is an error, and never "there is no file".
sub fetch {
    my ($self, $path, $limit) = @_;
    $limit //= $SIZE_LIMIT;
    return defined $self->{folder} ? $self->_read($path, $limit) : $self->_request($path, $limit);
}

sub _read {
    my ($self, $path, $limit) = @_;
    my $file = "$self->{folder}$path";
    if (!open my $handle, '<:raw', $file) {
        return if $!{ENOENT} || $!{ENOTDIR};
        _fail("cannot read $file: $!");
    }
    else {
        my $bytes = q();
        while (1) {
            my $count = read $handle, $bytes, 1 << 20, length $bytes;
            _fail("cannot read $file: $!") if !defined $count;
            last if !$count;
            _fail("cannot read $file: expected at most $limit bytes") if length $bytes > $limit;
        }
        close $handle or _fail("cannot read $file: $!");
        return $bytes;
    }
}

sub _request {
    my ($self, $path, $limit) = @_;
    my $address = "$self->{base}$path";
    for my $followed (0 .. $REDIRECT_LIMIT) {
        my ($answer, $bytes) = $self->_get($address, $limit);
        my $status = $answer->{status};
        if ($status =~ /\A30[12378]\z/) {
            my $next = _redirected($address, $answer->{headers}{location});
            _fail("cannot fetch $address: the server redirects to " . ($answer->{headers}{location} // 'no address')) if !defined $next || $followed == $REDIRECT_LIMIT;
            $address = $next;
            next;
        }
        return if $status == 404 || $status == 410 || ($status == 403 && _is_denied_by_store($answer));
        _fail("cannot fetch $address: " . ($status == 599 ? $answer->{content} : "$status $answer->{reason}") =~ s/\s+\z//r) if $status != 200;
        my $stated = $answer->{headers}{'content-length'};
        _fail("cannot fetch $address: expected $stated bytes, found " . length $bytes) if defined $stated && !ref $stated && $stated ne length $bytes;
        _fail("cannot fetch $address: expected a file, found a web page") if $bytes =~ /\A\s*<(?:!doctype\s+html|html)\b/i;
        return $bytes;
    }
}

sub _get {
    my ($self, $address, $limit) = @_;
    my $bytes  = q();
    my $answer = $self->{http}->get($address, {
        data_callback => sub {
            my ($part, $response) = @_;
            return if $response->{status} != 200;
            $bytes .= $part;
            die "it is too long\n" if length $bytes > $limit;
        },
    });
    return ($answer, $bytes);
}

# The address to which a server redirects: on the same server, or on the same host from http to https. Nothing for any other.
sub _redirected {
    my ($from, $location) = @_;
    return if !defined $location || ref $location;
    my ($scheme, $server) = $from =~ m{\A(https?)://([^/?#]+)}i or return;
    return "$scheme://$server$location" if $location =~ m{\A/(?!/)};
    my ($to, $other) = $location =~ m{\A(https?)://([^/?#]+)(?:[/?#]|\z)}i or return;
    my ($host, $other_host) = map { lc s/:[0-9]*\z//r } $server, $other;
    return $location if lc $to eq lc $scheme && lc $other eq lc $server;
    return $host eq $other_host && lc $scheme eq 'http' && lc $to eq 'https' ? $location : undef;
}

# An object store tells nobody which files it does not have: it denies access to them.
sub _is_denied_by_store {
    my ($answer) = @_;
    my $type = $answer->{headers}{'content-type'} // q();
    return !ref $type && $type =~ m{\A(?:application|text)/xml\b} && $answer->{content} =~ m{\A\s*(?:<\?xml[^>]*\?>\s*)?<Error\b[^>]*>.*<Code>AccessDenied</Code>}s;
}

1;

__END__

=head1 NAME

CPAN::Sigstore::Mirror - files of a CPAN, at an address or in a folder

=head1 SYNOPSIS

    use CPAN::Sigstore::Mirror;

    my $mirror = CPAN::Sigstore::Mirror->new('https://www.cpan.org/');
    my $bundle = $mirror->fetch('authors/id/T/TI/TIM/Foo-1.02.tar.gz.sigstore.json', 1 << 20);
    print "unsigned\n" if !defined $bundle;

=head1 DESCRIPTION

Section 11.2 of the standard. A redirect is followed on the same server, and on the
same host from C<http> to C<https>. An address with C<https> needs L<IO::Socket::SSL>.

=head1 METHODS

=head2 new(BASE)

=head2 base

The CPAN, and its address.

=head2 fetch(PATH, LIMIT)

Returns the bytes, or C<undef> if there is no such file. It throws a
L<CPAN::Sigstore::Error> with the code C<retrieval> for any other answer.

=cut
