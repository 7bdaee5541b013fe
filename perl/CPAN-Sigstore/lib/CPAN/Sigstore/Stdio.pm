package CPAN::Sigstore::Stdio;
use 5.016;
use strict;
use warnings;

use IPC::Open2 ();

use CPAN::Sigstore::Error ();
use CPAN::Sigstore::JSON  ();

our $VERSION = '0.01';

# Section 12.1 of the standard: largest request and answer, in bytes.
my $REQUEST_LIMIT = 65_536;
my $ANSWER_LIMIT  = 1_048_577;

sub _fail {
    my ($message) = @_;
    return CPAN::Sigstore::Error->throw('program', $message);
}

# A verifier that is not started yet: the command is the program with its arguments.
sub new {
    my ($class, @command) = @_;
    return bless { command => \@command, id => 0 }, $class;
}

# Asks a question, and returns the answer to it. An answer to anything else is an error.
sub ask {
    my ($self, %request) = @_;
    $self->_start;
    my $id   = ++$self->{id};
    my $line = CPAN::Sigstore::JSON::canonical({ %request, verifier => _number(1), id => _number($id) });
    $self->_give_up('expected a shorter request') if length $line > $REQUEST_LIMIT;
    local $SIG{PIPE} = 'IGNORE';
    my ($input, $output) = @{$self}{qw(input output)};
    my $is_asked = print {$input} "$line\n";
    $self->_give_up("it does not read: $!") if !$is_asked || !$input->flush;
    my $answer = eval { CPAN::Sigstore::JSON::decode($self->_line) };
    my $found  = ref $answer eq 'HASH' ? $answer->{id} : undef;
    $self->_give_up('it gave no answer to this request') if ref $found ne 'CPAN::Sigstore::JSON::Number' || $found->text ne $id;
    return $answer;
}

sub _number { return bless { text => "$_[0]" }, 'CPAN::Sigstore::JSON::Number' }

# One process for each process of the client: a fork must not share the pipes.
sub _start {
    my ($self) = @_;
    return if defined $self->{process} && $self->{owner} == $$;
    delete @{$self}{qw(process input output)};
    my ($input, $output, $process);
    my $is_started = eval { $process = IPC::Open2::open2($output, $input, @{ $self->{command} }); 1 };
    _fail("cannot run $self->{command}[0]: $@") if !$is_started;
    binmode $_ for $input, $output;
    @{$self}{qw(process owner input output)} = ($process, $$, $input, $output);
    return;
}

sub _line {
    my ($self) = @_;
    my $line = q();
    # A line is read in parts, so that no answer fills the memory.
    while ($line !~ /\n\z/) {
        my $count = sysread $self->{output}, $line, 65_536, length $line;
        $self->_give_up('it ended') if !$count;
        $self->_give_up('expected a shorter answer') if length $line > $ANSWER_LIMIT;
    }
    return $line;
}

# After an error nothing is known about what the pipes hold.
sub _give_up {
    my ($self, $reason) = @_;
    $self->_end;
    return _fail("cannot verify with $self->{command}[0]: $reason");
}

sub _end {
    my ($self) = @_;
    my $process = delete $self->{process} // return;
    close $_ for grep {defined} delete @{$self}{qw(input output)};
    return if $self->{owner} != $$;
    local ($!, $?);
    local $SIG{CHLD} = 'DEFAULT';
    waitpid $process, 0;
    return;
}

sub DESTROY { return $_[0]->_end }

1;

__END__

=head1 NAME

CPAN::Sigstore::Stdio - a verifier that answers requests

=head1 SYNOPSIS

    use CPAN::Sigstore::Stdio;

    my $verifier = CPAN::Sigstore::Stdio->new('/usr/bin/cpan-sigstore', 'verify', '--stdio');
    my $answer   = $verifier->ask(ask => 'release', release => 'TIM/Foo-1.02.tar.gz', packages => ['Foo']);
    print $answer->{finding};

=head1 DESCRIPTION

The client of section 12 of the standard. The program starts with the first
request, and ends with the object. Each process that forks has its own one.

=head1 METHODS

=head2 new(COMMAND)

=head2 ask(KEYS)

Returns the answer, as L<CPAN::Sigstore::JSON> reads it. It throws a
L<CPAN::Sigstore::Error> with the code C<program> if there is no answer to this
very request.

=cut
