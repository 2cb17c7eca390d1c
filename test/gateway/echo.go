// A grpc-gateway in front of a service that answers each request with the message it got. Argument: the port of the gateway.
package main

import (
	"context"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"echo/pb"
	_ "echo/sources"
)

type echo struct{ pb.UnimplementedEchoServer }

// Runs instead of the method: every method has one type for its request and its response.
func answer(ctx context.Context, request any, method *grpc.UnaryServerInfo, _ grpc.UnaryHandler) (any, error) {
	sent, _ := metadata.FromIncomingContext(ctx)
	tokens := sent.Get("authorization")
	isMissing := len(tokens) == 0 || tokens[0] == ""
	if isMissing && method.FullMethod != pb.Echo_AccessToken_FullMethodName {
		return nil, status.Error(codes.Unauthenticated, "missing token")
	}
	return request, nil
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	service := grpc.NewServer(grpc.UnaryInterceptor(answer))
	pb.RegisterEchoServer(service, echo{})
	go func() { log.Fatal(service.Serve(listener)) }()

	mux := runtime.NewServeMux()
	options := []grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}
	if err := pb.RegisterEchoHandlerFromEndpoint(context.Background(), mux, listener.Addr().String(), options); err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], mux))
}
